import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DocumentSnapshot, ParsedDocument, QueuedAnalysis, ReviewedDocument } from './api-types.ts';

type Answer = {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string }[];
  /** Of an answer that is not GraphQL, such as that of a wrong path. */
  readonly message?: string;
};

export type Api = ReturnType<typeof createApi>;

/** What the review asks of the server, by GraphQL over HTTP. Every failure is an Error whose message is for a person. */
export function createApi(url: string) {
  async function send<T>(request: RequestInit): Promise<T> {
    const response = await fetch(url, { method: 'POST', ...request }).catch((error: Error) => {
      const why = (error.cause as Error | undefined)?.message || error.message;
      throw new Error(`No answer from ${url} (${why}). Is the server running?`);
    });
    const answer = (await response.json().catch(() => ({}))) as Answer;
    const refusal = answer.errors?.[0]?.message ?? answer.message;
    if (refusal !== undefined) throw new Error(refusal);
    if (!answer.data) throw new Error(`${url} answers with HTTP status ${response.status}, but not with GraphQL.`);
    return answer.data as T;
  }

  const ask = <T>(query: string, variables: Readonly<Record<string, unknown>>): Promise<T> =>
    send({ headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) });

  return {
    async createSession(title: string): Promise<string> {
      const query = `mutation($title: String!) { createSession(input: { title: $title }) { session { id } } }`;
      const data = await ask<{ createSession: { session: { id: string } } }>(query, { title });
      return data.createSession.session.id;
    },

    /** By the GraphQL multipart request convention; the file is read from disk as it is sent. Gives the document's id. */
    async upload(sessionId: string, path: string): Promise<string> {
      const query = `mutation($input: UploadDocumentInput!) { uploadDocument(input: $input) { document { id } } }`;
      const form = new FormData();
      form.set('operations', JSON.stringify({ query, variables: { input: { sessionId, file: null } } }));
      form.set('map', JSON.stringify({ 0: ['variables.input.file'] }));
      form.set('0', await openAsBlob(path), basename(path));
      const data = await send<{ uploadDocument: { document: { id: string } } }>({ body: form });
      return data.uploadDocument.document.id;
    },

    async readParsed(id: string): Promise<ParsedDocument> {
      const query = `query($id: ID!) {
        document(id: $id) { status error { message } pageCount wordCount sections { id } }
      }`;
      const data = await ask<{ document: ParsedDocument }>(query, { id });
      return data.document;
    },

    /** Queues every section; the analyses in reading order. */
    async analyze(documentId: string): Promise<readonly QueuedAnalysis[]> {
      const query = `mutation($documentId: ID!) {
        analyzeDocument(input: { documentId: $documentId }) { analyses { id section { title } } }
      }`;
      const data = await ask<{ analyzeDocument: { analyses: QueuedAnalysis[] } }>(query, { documentId });
      return data.analyzeDocument.analyses;
    },

    /** Where the review stands, with the position in the event log at which that is true. */
    async readSnapshot(id: string): Promise<DocumentSnapshot> {
      const query = `query($id: ID!) {
        document(id: $id) { eventsCursor sections { latestAnalysis { id status percent thinking feedback { id } } } }
      }`;
      const data = await ask<{ document: DocumentSnapshot }>(query, { id });
      return data.document;
    },

    async readReview(id: string): Promise<ReviewedDocument> {
      const query = `query($id: ID!) {
        document(id: $id) {
          risk
          sections {
            title
            latestAnalysis {
              status risk summary error { message } modelUsed { name } usage { inputTokens outputTokens costUsd }
            }
            feedback { risk title confidence meetsThreshold recommendation evidence { quote verified } }
          }
        }
      }`;
      const data = await ask<{ document: ReviewedDocument }>(query, { id });
      return data.document;
    },
  };
}

/** Throws an Error for a person when there is no file to read at `path`. */
export async function requireFile(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read: ${error.message}`);
  });
  if (!found.isFile()) throw new Error(`${path} is not a file.`);
}
