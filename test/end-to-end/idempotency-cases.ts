import { vi } from 'vitest';
import { newId } from '../../src/ids.ts';
import { localCaller as caller } from '../../src/services/caller.ts';
import { seedAnalysis, seedDocument } from '../support/seed-review.ts';
import type { GraphQLResult, Prism } from '../support/prism.ts';
import { ask, startChat } from './chatting.ts';
import { analyze } from './reviewing.ts';

type Prepared = {
  readonly input: object;
  /** Another one, which would do as well by itself. */
  readonly other: object;
  /** How often the first one was done. */
  times(): Promise<number>;
};

type Case = {
  /** Fields of its answer. */
  readonly answer: string;
  prepare(prism: Prism): Promise<Prepared>;
  /** Where it is not sent as JSON. */
  send?(prism: Prism, input: object): Promise<GraphQLResult>;
};

const dbOf = (prism: Prism) => prism.server.runtime.db;
const ownFinding = { kind: 'GAP', category: 'Liability', risk: 'LOW', title: 'own', detail: 'd' } as const;
const checks = [{ ref: 'TERM-1', title: 'Term', guidance: 'Is there an end?' }];

/** A document of two sections that nobody works on, and how often something was done in its session. */
async function scene(prism: Prism) {
  const { documentId, sectionIds } = await seedDocument(dbOf(prism), 2);
  const { sessionId } = await dbOf(prism).document.findUniqueOrThrow({ where: { id: documentId } });
  const [section = '', otherSection = ''] = sectionIds;
  const done = (action: string) => dbOf(prism).activity.count({ where: { sessionId, action } });
  return { documentId, sessionId, section, otherSection, done };
}

/** The same with a reviewer's own finding in each section. */
async function findings(prism: Prism) {
  const made = await scene(prism);
  const add = async (sectionId: string): Promise<string> =>
    (await prism.server.runtime.services.decisions.add(caller, { sectionId, ...ownFinding })).id;
  return { ...made, id: await add(made.section), otherId: await add(made.otherSection) };
}

/** The same with two chats, in each of which a reply waits. */
async function replies(prism: Prism) {
  const made = await scene(prism);
  const reply = async () => ask(prism, await startChat(prism, made.documentId), 'Who is liable?');
  return { ...made, id: await reply(), otherId: await reply() };
}

/** Id of an upload whose bytes are there. */
async function putBytes(prism: Prism, sessionId: string, filename: string): Promise<string> {
  const bytes = Buffer.from(`# Term\n\nThe term of ${filename} is a year.`);
  const file = { sessionId, filename, sizeBytes: bytes.length };
  const { upload, signed } = await prism.server.runtime.services.uploads.invite(caller, file);
  await fetch(signed.url, { method: 'PUT', body: bytes, headers: { ...signed.headers } });
  return upload.id;
}

/** Of every mutation one request, by its name. Nothing works on what is queued. */
export const cases: Readonly<Record<string, Case>> = {
  createSession: {
    answer: 'session { id title createdAt }',
    prepare: async (prism) => ({
      input: { title: 'made once' },
      other: { title: 'made otherwise' },
      times: () => dbOf(prism).session.count({ where: { title: 'made once' } }),
    }),
  },
  deleteSession: {
    answer: 'deletedId',
    prepare: async (prism) => {
      const { sessionId: id } = await scene(prism);
      const other = { id: (await scene(prism)).sessionId };
      return { input: { id }, other, times: async () => 1 - (await dbOf(prism).session.count({ where: { id } })) };
    },
  },
  uploadDocument: {
    answer: '',
    send: (prism, input) => {
      const { sessionId, text, idempotencyKey } = input as Record<string, string>;
      return prism.upload(sessionId ?? '', 'a.md', text ?? '', idempotencyKey);
    },
    prepare: async (prism) => {
      const sessionId = await prism.createSession();
      const times = () => dbOf(prism).document.count({ where: { sessionId } });
      return { input: { sessionId, text: '# one' }, other: { sessionId, text: '# two' }, times };
    },
  },
  createUpload: {
    answer: 'uploadId expiresAt',
    prepare: async (prism) => {
      const input = { sessionId: await prism.createSession(), filename: 'a.md', sizeBytes: 5 };
      const times = () => dbOf(prism).upload.count({ where: { sessionId: input.sessionId } });
      return { input, other: { ...input, sizeBytes: 6 }, times };
    },
  },
  completeUpload: {
    answer: 'document { id filename sha256 }',
    prepare: async (prism) => {
      const sessionId = await prism.createSession();
      const [uploadId, otherId] = [await putBytes(prism, sessionId, 'a.md'), await putBytes(prism, sessionId, 'b.md')];
      const times = () => dbOf(prism).document.count({ where: { sessionId } });
      return { input: { uploadId }, other: { uploadId: otherId }, times };
    },
  },
  deleteDocument: {
    answer: 'deletedId',
    prepare: async (prism) => {
      const { documentId: id, done } = await scene(prism);
      const other = { id: (await scene(prism)).documentId };
      return { input: { id }, other, times: () => done('document.deleted') };
    },
  },
  createPlaybook: {
    answer: 'playbook { id key name }',
    prepare: async (prism) => {
      const input = { name: 'Made once', description: '', checks };
      const times = () => dbOf(prism).playbook.count({ where: { name: input.name } });
      return { input, other: { ...input, name: 'Made otherwise' }, times };
    },
  },
  deletePlaybook: {
    answer: 'deletedId',
    prepare: async (prism) => {
      const make = async (name: string): Promise<string> =>
        (await prism.server.runtime.services.playbooks.create(caller, { name, description: '', checks })).id;
      const [id, otherId] = [await make('Deleted once'), await make('Deleted otherwise')];
      const times = async () => 1 - (await dbOf(prism).playbook.count({ where: { id } }));
      return { input: { id }, other: { id: otherId }, times };
    },
  },
  analyzeSection: {
    answer: 'analysis { id status }',
    prepare: async (prism) => {
      const { section: sectionId, otherSection } = await scene(prism);
      const times = () => dbOf(prism).analysis.count({ where: { sectionId } });
      return { input: { sectionId }, other: { sectionId: otherSection }, times };
    },
  },
  analyzeDocument: {
    answer: 'document { id } analyses { id status }',
    prepare: async (prism) => {
      const { documentId, done } = await scene(prism);
      return { input: { documentId }, other: { documentId, force: true }, times: () => done('analysis.requested') };
    },
  },
  retryAnalysis: {
    answer: 'analysis { id status }',
    prepare: async (prism) => {
      const { documentId, section, otherSection } = await scene(prism);
      const failed = (sectionId: string) =>
        seedAnalysis(dbOf(prism), { documentId, sectionId, status: 'FAILED', found: [] });
      const [id, otherId] = [await failed(section), await failed(otherSection)];
      const times = () => dbOf(prism).analysis.count({ where: { sectionId: section, status: 'QUEUED' } });
      return { input: { id }, other: { id: otherId }, times };
    },
  },
  cancelAnalysis: {
    answer: 'analysis { id status finishedAt }',
    prepare: async (prism) => {
      const { section, otherSection, done } = await scene(prism);
      const [id, otherId] = [await analyze(prism, section), await analyze(prism, otherSection)];
      return { input: { id }, other: { id: otherId }, times: () => done('analysis.cancelled') };
    },
  },
  cancelDocumentAnalyses: {
    answer: 'document { id } cancelled',
    prepare: async (prism) => {
      const { documentId, section, otherSection, done } = await scene(prism);
      for (const id of [section, otherSection]) await analyze(prism, id);
      const other = { documentId: (await scene(prism)).documentId };
      return { input: { documentId }, other, times: () => done('analysis.cancelled') };
    },
  },
  addFeedback: {
    answer: 'feedback { id title }',
    prepare: async (prism) => {
      const { section: sectionId, done } = await scene(prism);
      const input = { sectionId, ...ownFinding };
      return { input, other: { ...input, title: 'another' }, times: () => done('feedback.added') };
    },
  },
  updateFeedback: {
    answer: 'feedback { id title updatedAt }',
    prepare: async (prism) => {
      const { id, done } = await findings(prism);
      return { input: { id, title: 'new' }, other: { id, title: 'newer' }, times: () => done('feedback.updated') };
    },
  },
  deleteFeedback: {
    answer: 'deletedId',
    prepare: async (prism) => {
      const { id, otherId, done } = await findings(prism);
      return { input: { id }, other: { id: otherId }, times: () => done('feedback.deleted') };
    },
  },
  decideFeedback: {
    answer: 'feedback { id status history { status note } }',
    prepare: async (prism) => {
      const { id, done } = await findings(prism);
      const input = { ids: [id], status: 'ACCEPTED', note: 'yes' };
      return { input, other: { ...input, status: 'REJECTED' }, times: () => done('feedback.decided') };
    },
  },
  startChat: {
    answer: 'chat { id createdAt }',
    prepare: async (prism) => {
      const { documentId, done } = await scene(prism);
      const other = { documentId: (await scene(prism)).documentId };
      return { input: { documentId }, other, times: () => done('chat.started') };
    },
  },
  sendChatMessage: {
    answer: 'message { id text } reply { id status }',
    prepare: async (prism) => {
      const { documentId, done } = await scene(prism);
      const [chatId, otherId] = [await startChat(prism, documentId), await startChat(prism, documentId)];
      const text = 'Who is liable?';
      return { input: { chatId, text }, other: { chatId: otherId, text }, times: () => done('chat.asked') };
    },
  },
  cancelChatMessage: {
    answer: 'message { id status finishedAt }',
    prepare: async (prism) => {
      const { id, otherId, done } = await replies(prism);
      return { input: { id }, other: { id: otherId }, times: () => done('chat.cancelled') };
    },
  },
  generateReport: {
    answer: 'report { id status format }',
    prepare: async (prism) => {
      const { documentId, done } = await scene(prism);
      const input = { documentId, format: 'HTML' };
      return { input, other: { documentId, format: 'CSV' }, times: () => done('report.requested') };
    },
  },
  resetModelState: {
    answer: 'model { key }',
    prepare: async (prism) => {
      const reset = vi.spyOn(prism.server.runtime.admission, 'reset');
      const times = async () => reset.mock.calls.filter(([key]) => key === 'sonnet-4.5').length;
      return { input: { modelKey: 'sonnet-4.5' }, other: { modelKey: 'sonnet-4.6' }, times };
    },
  },
};

/** Sends a mutation with its input. */
export function mutate(prism: Prism, name: string, input: object): Promise<GraphQLResult> {
  const { answer, send } = cases[name] ?? { answer: '__typename' };
  if (send) return send(prism, input);
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  return prism.query(`mutation($input: ${type}!) { ${name}(input: $input) { ${answer} } }`, { input });
}

export const newKey = (): string => newId('Activity');
