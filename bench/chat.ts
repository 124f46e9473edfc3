import { connectClient } from './support/client.ts';
import { createDirectCaller } from './support/direct-caller.ts';
import { firstWordsTables, sampleOf, type Sample } from './support/first-words.ts';
import { startServers, type System } from './support/installation.ts';
import type { BenchmarkOptions, Result } from './support/result.ts';
import { sampleContract } from './support/sample-contract.ts';

/*
 * A question about a document, as a client sees it: how soon the first words of the answer are there, less what the model itself takes. Each
 * question opens a chat of its own about a contract of 22 sections, which fits into the prompt as a whole.
 */

const tokensPerSecond = 2_000;
const warmUps = 10;
const samples = 100;
const sections = 22;
const questions = [
  'Who is liable for damages, and how far?',
  'When can the agreement be terminated?',
  'What happens to personal data of patients?',
];

const unlimited = {
  CHAT_TASKS_PER_MINUTE: '1000000',
  MAX_REQUESTS_PER_MINUTE: '1000000',
  MAX_TOKENS_PER_MINUTE: '1000000000000',
};

/** The way of one question up to the first words. The worker may have the job before the client has the answer. */
const stages = {
  answered: 'mutation sent → reply stored and queued, its id at the client',
  ChatMessageStarted: '→ a worker has the job, the attempt and the passages',
  ModelSelected: '→ admitted by the throttle, model about to be called',
  ThinkingDelta: "→ the model's first words are with the worker",
  received: '→ and at the client',
};

export async function run({ runs, say }: BenchmarkOptions): Promise<Result> {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const servers = await startServers();
  const done: Sample[][] = [];
  try {
    for (let number = 1; number <= runs; number += 1) {
      say(`run ${number} of ${runs}: ${samples} questions, one at a time`);
      const system = await servers.startSystem({ tokensPerSecond, settings: unlimited });
      try {
        done.push(await measure(system));
      } finally {
        await system.stop();
      }
    }
  } finally {
    await servers.stop();
  }
  return {
    tables: firstWordsTables(done, { title: 'First words of an answer', sent: 'sendChatMessage', aim: '50', stages }),
  };
}

async function measure(system: System): Promise<Sample[]> {
  const client = connectClient(system.apiUrl);
  const direct = createDirectCaller(system.simulatorUrl, 1);
  const measured: Sample[] = [];
  try {
    const filename = 'contract.md';
    const session = await client.createSession('questions');
    const documentId = await client.upload(session, filename, sampleContract(0, sections));
    const watch = client.watch(documentId);
    await watch.until('DocumentReady');
    watch.stop();
    const document = { filename, sections: await client.sections(documentId) };
    for (let count = -warmUps; count < samples; count += 1) {
      const question = questions[Math.abs(count) % questions.length] ?? '';
      const chatId = await client.startChat(documentId);
      const sentMs = performance.timeOrigin + performance.now();
      const replyId = await client.sendChatMessage(chatId, question);
      const answeredMs = performance.timeOrigin + performance.now();
      const events = await client.followMessage(replyId);
      const { firstTokenMs: directMs } = await direct.askInChat(document, question);
      const moments = { answered: answeredMs };
      if (count >= 0) measured.push(sampleOf({ stages, events, sentMs, directMs, moments }));
    }
  } finally {
    direct.close();
    client.close();
  }
  return measured;
}
