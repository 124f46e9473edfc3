import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractDocx } from '../support/documents.ts';
import { startPrism, type Prism, type StreamedEvent } from '../support/prism.ts';

const decide = `mutation($ids: [ID!]!, $status: FeedbackStatus!, $note: String) {
  decideFeedback(input: { ids: $ids, status: $status, note: $note }) { feedback { id status history { status actor note } } }
}`;

describe('what reviewers do with findings', () => {
  let prism: Prism;
  let session: string;
  let document: StreamedEvent;
  beforeAll(async () => {
    prism = await startPrism();
    session = await prism.createSession();
    const id = await prism.uploadParsed(session, 'contract.docx', await contractDocx());
    await prism.ask('mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }', { id });
    for await (const _event of prism.events('documentEvents', id)) void _event;
    const read =
      'query($id: ID!) { document(id: $id) { id sections { id text startOffset feedback { id checks { ref title } } } } }';
    ({ document } = await prism.ask(read, { id }));
  });
  afterAll(() => prism.close());

  const refusal = async (text: string, variables: Record<string, unknown>) =>
    (await prism.query(text, variables)).errors?.[0]?.extensions.code;

  it('decides many at once, keeps the history, and changes nothing when the same is decided again', async () => {
    const ids = document.sections.flatMap((section: StreamedEvent) =>
      section.feedback.map(({ id }: { id: string }) => id),
    );
    const accepted = await prism.ask(decide, { ids, status: 'ACCEPTED', note: 'agreed' });
    expect(accepted.decideFeedback.feedback.map(({ id }: { id: string }) => id)).toEqual(ids);
    await prism.ask(decide, { ids, status: 'ACCEPTED' });
    const [first] = ids;
    await prism.ask(decide, { ids: [first], status: 'PENDING' });
    const { feedback } = await prism.ask(
      'query($id: ID!) { feedback(id: $id) { status history { status actor note } } }',
      { id: first },
    );
    expect(feedback).toEqual({
      status: 'PENDING',
      history: [
        { status: 'ACCEPTED', actor: 'local', note: 'agreed' },
        { status: 'PENDING', actor: 'local', note: null },
      ],
    });
  });

  it('decides on all or none', async () => {
    const known = document.sections[0].feedback[0].id;
    const unknown = known.slice(0, -4) + '0000';
    expect(await refusal(decide, { ids: [known, unknown], status: 'REJECTED' })).toBe('NOT_FOUND');
    const { feedback } = await prism.ask('query($id: ID!) { feedback(id: $id) { status } }', { id: known });
    expect(feedback.status).not.toBe('REJECTED');
    expect(await refusal(decide, { ids: [], status: 'REJECTED' })).toBe('BAD_USER_INPUT');
  });

  it("adds, changes and deletes a reviewer's own finding, whose quotation must stand in the section", async () => {
    const [section] = document.sections;
    const add = `mutation($input: AddFeedbackInput!) { addFeedback(input: $input) { feedback { id source confidence evidence { quote startOffset verified } } } }`;
    const input = {
      sectionId: section.id,
      kind: 'GAP',
      category: 'Insurance',
      risk: 'MEDIUM',
      title: 'No insurance',
      detail: 'Nothing is said of it.',
    };
    expect(await refusal(add, { input: { ...input, quote: 'words that are not there' } })).toBe('BAD_USER_INPUT');
    const { addFeedback } = await prism.ask(add, { input: { ...input, quote: 'liable without limitation' } });
    expect(addFeedback.feedback).toMatchObject({ source: 'REVIEWER', confidence: 1, evidence: [{ verified: true }] });
    const [evidence] = addFeedback.feedback.evidence;
    expect(section.text.slice(evidence.startOffset - section.startOffset)).toMatch(/^liable without limitation/);

    const { id } = addFeedback.feedback;
    const update =
      'mutation($id: ID!) { updateFeedback(input: { id: $id, title: "No insurance at all" }) { feedback { title category } } }';
    expect((await prism.ask(update, { id })).updateFeedback.feedback).toEqual({
      title: 'No insurance at all',
      category: 'Insurance',
    });
    const remove = 'mutation($id: ID!) { deleteFeedback(input: { id: $id }) { deletedId } }';
    expect((await prism.ask(remove, { id })).deleteFeedback.deletedId).toBe(id);
    expect(await refusal(remove, { id })).toBe('NOT_FOUND');
    expect(await refusal(update, { id: section.feedback[0].id })).toBe('CONFLICT');
    expect(await refusal(remove, { id: section.feedback[0].id })).toBe('CONFLICT');
  });

  it("shows the playbook's checks that a finding rests on", () => {
    const checks = document.sections.flatMap((section: StreamedEvent) =>
      section.feedback.flatMap((feedback: StreamedEvent) => feedback.checks),
    );
    expect(checks.length).toBeGreaterThan(0);
    for (const { ref, title } of checks) {
      expect(ref).toMatch(/^GEN-\d+$/);
      expect(title).not.toBe('');
    }
  });

  it('keeps a trail of who did what, newest first', async () => {
    const { session: read } = await prism.ask(
      'query($id: ID!) { session(id: $id) { activity(first: 100) { totalCount nodes { action actor subject } } } }',
      { id: session },
    );
    const actions = read.activity.nodes.map(({ action }: { action: string }) => action);
    expect(actions.at(-1)).toBe('session.created');
    expect(actions.at(-2)).toBe('document.uploaded');
    expect(actions).toContain('analysis.requested');
    expect(actions[0]).toBe('feedback.deleted');
    expect(read.activity.totalCount).toBe(actions.length);
  });
});

describe('playbooks', () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism();
  });
  afterAll(() => prism.close());

  const create = `mutation($input: CreatePlaybookInput!) { createPlaybook(input: $input) { playbook { id key builtIn checks { ref } } } }`;
  const remove = 'mutation($id: ID!) { deletePlaybook(input: { id: $id }) { deletedId } }';
  const checks = [{ ref: 'OWN-1', title: 'Owner', guidance: 'Something must be done and nobody is named.' }];
  const code = async (text: string, variables: Record<string, unknown>) =>
    (await prism.query(text, variables)).errors?.[0]?.extensions.code;

  it('come with the product: three of 10 to 20 checks each, the first one the default', async () => {
    const { playbooks } = await prism.ask('{ playbooks { id key builtIn checks { ref guidance } } }');
    expect(playbooks.map(({ key }: { key: string }) => key)).toEqual(['general-risk', 'contract', 'investigation']);
    for (const playbook of playbooks) {
      expect(playbook.checks.length).toBeGreaterThanOrEqual(10);
      expect(playbook.checks.length).toBeLessThanOrEqual(20);
    }
    const { node } = await prism.ask('query($id: ID!) { node(id: $id) { ... on Playbook { key } } }', {
      id: playbooks[1].id,
    });
    expect(node.key).toBe('contract');
    expect(await code(remove, { id: playbooks[0].id })).toBe('CONFLICT');
  });

  it("of a tenant's own are what its documents are reviewed with, and stay while they are", async () => {
    const input = { name: 'Our own', description: 'For the test', checks };
    const { createPlaybook } = await prism.ask(create, { input });
    const { id } = createPlaybook.playbook;
    expect(createPlaybook.playbook).toMatchObject({ key: 'our-own', builtIn: false });
    expect(await code(create, { input })).toBe('CONFLICT');
    const session = await prism.createSession();
    const { data } = await prism.upload(session, 'contract.docx', await contractDocx(), undefined, id);
    const documentId = data.uploadDocument.document.id;
    for await (const _event of prism.events('documentEvents', documentId)) void _event;
    await prism.ask('mutation($id: ID!) { analyzeDocument(input: { documentId: $id }) { analyses { id } } }', {
      id: documentId,
    });
    for await (const _event of prism.events('documentEvents', documentId)) void _event;
    const { document } = await prism.ask(
      'query($id: ID!) { document(id: $id) { playbook { id } feedback(first: 100) { nodes { checks { ref } } } } }',
      { id: documentId },
    );
    expect(document.playbook.id).toBe(id);
    const refs = document.feedback.nodes.flatMap((feedback: StreamedEvent) =>
      feedback.checks.map(({ ref }: { ref: string }) => ref),
    );
    expect(new Set(refs)).toEqual(new Set(['OWN-1']));
    expect((await prism.query(remove, { id })).errors?.[0]).toMatchObject({
      message: '1 document is reviewed with this playbook. Delete it first, or keep the playbook.',
      extensions: { code: 'CONFLICT' },
    });
    await prism.ask('mutation($id: ID!) { deleteDocument(input: { id: $id }) { deletedId } }', { id: documentId });
    expect((await prism.ask(remove, { id })).deletePlaybook.deletedId).toBe(id);
  });

  it('are refused with the field that is wrong', async () => {
    const input = { name: 'x', description: '', checks };
    expect(await code(create, { input: { ...input, name: ' ' } })).toBe('BAD_USER_INPUT');
    expect(await code(create, { input: { ...input, checks: [] } })).toBe('BAD_USER_INPUT');
    expect(await code(create, { input: { ...input, checks: [{ ...checks[0], ref: 'lower-1' }] } })).toBe(
      'BAD_USER_INPUT',
    );
    expect(await code(create, { input: { ...input, checks: [checks[0], checks[0]] } })).toBe('BAD_USER_INPUT');
    expect(await code(create, { input: { ...input, name: 'Contract' } })).toBe('CONFLICT');
  });
});
