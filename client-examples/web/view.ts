import type { Finding } from './requests.ts';
import { hasEnded, sectionInFront, type ReviewState, type SectionState } from './review-state.ts';

/** Draws states into the page. What comes from the server is text, never markup. */
export function createView(page: Document) {
  const part = (id: string): HTMLElement => {
    const found = page.getElementById(id);
    if (!found) throw new Error(`The page has no #${id}.`);
    return found;
  };
  const element = (name: string, className: string, ...content: readonly (Node | string)[]): HTMLElement => {
    const made = page.createElement(name);
    made.className = className;
    made.append(...content);
    return made;
  };
  const setText = (target: HTMLElement, text: string): void => {
    if (target.textContent !== text) target.textContent = text;
  };
  const parts = {
    banner: part('banner'),
    choose: part('choose'),
    review: part('review'),
    filename: part('filename'),
    status: part('status'),
    news: part('news'),
    models: part('models'),
    front: part('front'),
    frontTitle: part('front-title'),
    thinking: part('thinking'),
    sections: part('sections'),
    findingsTitle: part('findings-title'),
    noFindings: part('no-findings'),
    findings: part('findings'),
  };

  function createRow() {
    const title = element('span', 'title');
    const state = element('span', 'state');
    const bar = page.createElement('progress');
    bar.max = 100;
    const note = element('span', 'note quiet');
    return {
      row: element('li', '', title, state, bar, note),
      draw(section: SectionState): void {
        setText(title, section.title);
        setText(state, describeSection(section));
        setText(note, section.status === 'IDLE' ? '' : section.note);
        state.dataset['status'] = section.status;
        bar.value = section.percent;
        bar.setAttribute('aria-label', section.title);
      },
    };
  }

  const describeFinding = ({ risk, title, confidence, evidence }: Finding): HTMLElement => {
    const badge = element('span', 'risk', risk);
    badge.dataset['risk'] = risk;
    const sure = element('span', 'quiet', ` confidence ${(confidence * 100).toFixed(0)} %`);
    const heading = element('p', '', badge, element('strong', '', title), sure);
    const quotes = evidence.map(({ quote, verified }) => {
      const verdict = verified ? 'stands in the document' : 'not found in the document';
      return element(
        'blockquote',
        verified ? '' : 'unverified',
        element('p', '', quote),
        element('footer', 'quiet', verdict),
      );
    });
    return element('article', 'finding', heading, ...quotes);
  };

  const rows = new Map<string, ReturnType<typeof createRow>>();
  const groups = new Map<string, { readonly of: readonly Finding[]; readonly group: HTMLElement }>();
  let drawn = null as ReviewState | null;

  function drawSections(sections: readonly SectionState[]): void {
    const before = new Map(drawn?.sections.map((section) => [section.id, section]));
    for (const section of sections) {
      const row = rows.get(section.id) ?? createRow();
      if (!rows.has(section.id)) parts.sections.append(row.row);
      rows.set(section.id, row);
      if (before.get(section.id) !== section) row.draw(section);
    }
  }

  function drawFindings(sections: readonly SectionState[]): void {
    let hasChanged = false;
    for (const { id, title, findings } of sections) {
      if ((groups.get(id)?.of ?? []) === findings) continue;
      if (findings.length === 0 && !groups.has(id)) continue;
      const group = element('div', 'group', element('h3', '', title), ...findings.map(describeFinding));
      if (findings.length === 0) groups.delete(id);
      else groups.set(id, { of: findings, group });
      hasChanged = true;
    }
    if (hasChanged) parts.findings.replaceChildren(...sections.flatMap(({ id }) => groups.get(id)?.group ?? []));
    const total = sections.reduce((sum, { findings }) => sum + findings.length, 0);
    setText(parts.findingsTitle, `Findings (${total})`);
    setText(parts.noFindings, total === 0 ? describeNone(sections) : '');
  }

  function drawFront(front: SectionState | undefined): void {
    parts.front.hidden = !front;
    setText(parts.frontTitle, front ? `Thinking about ${front.title}` : '');
    if (!front || parts.thinking.textContent === front.thinking) return;
    parts.thinking.textContent = front.thinking;
    parts.thinking.scrollTop = parts.thinking.scrollHeight;
  }

  return {
    /** Shows the form for a document's id. */
    choose(): void {
      parts.choose.hidden = false;
    },

    draw(state: ReviewState): void {
      if (state === drawn) return;
      parts.review.hidden = false;
      page.title = `${state.filename}: review`;
      setText(parts.filename, state.filename);
      setText(parts.status, describeReview(state));
      setText(parts.news, state.news);
      drawSections(state.sections);
      drawFindings(state.sections);
      drawFront(sectionInFront(state));
      drawn = state;
    },

    /** What is worth knowing of the models. */
    models(detail: string): void {
      setText(parts.models, detail === '' ? '' : `Models: ${detail}`);
    },

    /** A line above everything; null takes it away. */
    banner(text: string | null): void {
      parts.banner.hidden = text === null;
      setText(parts.banner, text ?? '');
    },
  };
}

export type View = ReturnType<typeof createView>;

function describeNone(sections: readonly SectionState[]): string {
  if (sections.every(({ status }) => status === 'IDLE')) return 'Nothing was analysed yet.';
  return sections.every((section) => section.status === 'IDLE' || hasEnded(section)) ? 'None.' : 'None so far.';
}

function describeReview(state: ReviewState): string {
  const { status, sections, reading } = state;
  if (status === 'PARSING') return `Being read${reading && `: ${reading}`}`;
  if (status === 'FAILED') return `Could not be read${reading && `: ${reading}`}`;
  const count = (wanted: SectionState['status']): number => sections.filter(({ status }) => status === wanted).length;
  const running = count('RUNNING');
  const queued = count('QUEUED');
  const ended = sections.filter(hasEnded).length;
  const underWay = running + queued === 0 ? 'nothing under way' : `${running} in work, ${queued} waiting`;
  return `${ended} of ${sections.length} sections analysed, ${underWay}`;
}

const statusWords = {
  IDLE: 'not analysed',
  QUEUED: 'waiting',
  RUNNING: 'in work',
  COMPLETED: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
} as const satisfies Record<SectionState['status'], string>;

const describeSection = ({ status, percent }: SectionState): string =>
  status === 'RUNNING' ? `${statusWords[status]}, ${percent.toFixed(0)} %` : statusWords[status];
