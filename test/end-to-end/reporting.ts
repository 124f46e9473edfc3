import type { Prism, StreamedEvent } from '../support/prism.ts';

export const generateReport = `mutation($input: GenerateReportInput!) { generateReport(input: $input) { report { id status format } } }`;

/** Id of the new report. */
export async function requestReport(
  prism: Prism,
  documentId: string,
  format: string,
  idempotencyKey?: string,
): Promise<string> {
  const input = { documentId, format, ...(idempotencyKey ? { idempotencyKey } : {}) };
  return (await prism.ask(generateReport, { input })).generateReport.report.id;
}

/** What a subscriber is told of a report, to its end. */
export async function* followReport(prism: Prism, id: string): AsyncGenerator<StreamedEvent> {
  const query = `subscription($id: ID!) { reportEvents(reportId: $id) { id format status sizeBytes downloadUrl error { code message retryable } } }`;
  for await (const { data, errors } of prism.connect().iterate({ query, variables: { id } })) {
    if (errors?.[0]) throw new Error(errors[0].message);
    yield data?.['reportEvents'];
  }
}

/** How a report was told to be, one behind the other. */
export async function statusesOf(prism: Prism, id: string): Promise<string[]> {
  const statuses: string[] = [];
  for await (const { status } of followReport(prism, id)) statuses.push(status);
  return statuses;
}

/** Asks for a report, waits for it and downloads it. */
export async function fetchReport(prism: Prism, documentId: string, format: string): Promise<Response> {
  let last: StreamedEvent;
  for await (const state of followReport(prism, await requestReport(prism, documentId, format))) last = state;
  if (last?.status !== 'READY') throw new Error(`The report has ${last?.status}: ${last?.error?.message}`);
  return fetch(last.downloadUrl);
}
