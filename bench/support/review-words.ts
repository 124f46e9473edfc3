import { connectClient, type Client, type Watch } from './client.ts';
import { createDirectCaller, type ReviewedDocument } from './direct-caller.ts';
import { sampleOf, type Sample } from './first-words.ts';
import type { System } from './installation.ts';
import { sampleContract } from './sample-contract.ts';

const warmUps = 10;
const samples = 100;
const sectionsPerDocument = 22;

/** The way of one analysis up to its first words. */
export const stages = {
  AnalysisQueued: 'mutation sent → row stored, job about to be queued',
  AnalysisStarted: '→ a worker has taken the job and the attempt',
  ModelSelected: '→ admitted by the throttle, model about to be called',
  ThinkingDelta: "→ the model's first words are with the worker",
  received: '→ and at the client',
};

/** Sections are analysed one at a time, each watched over WebSocket. */
export async function measureReviews(system: System): Promise<Sample[]> {
  const client = connectClient(system.apiUrl);
  const direct = createDirectCaller(system.simulatorUrl, 1);
  const measured: Sample[] = [];
  try {
    const sessionId = await client.createSession('first words');
    for (let count = -warmUps; count < samples;) {
      const { document, watch } = await upload(client, sessionId, count);
      for (const section of document.sections) {
        if (count === samples) break;
        const over = watch.until('AnalysisCompleted');
        const sentMs = performance.timeOrigin + performance.now();
        const [events] = await Promise.all([over, client.analyzeSection(section.id)]);
        const { firstTokenMs: directMs } = await direct.ask(document, section);
        if (count >= 0) measured.push(sampleOf({ stages, events, sentMs, directMs }));
        count += 1;
      }
      watch.stop();
    }
  } finally {
    direct.close();
    client.close();
  }
  return measured;
}

async function upload(
  client: Client,
  sessionId: string,
  number: number,
): Promise<{ document: ReviewedDocument; watch: Watch }> {
  const filename = `contract-${number}.md`;
  const documentId = await client.upload(sessionId, filename, sampleContract(number, sectionsPerDocument));
  const watch = client.watch(documentId);
  await watch.until('DocumentReady');
  return { document: { filename, sections: await client.sections(documentId) }, watch };
}
