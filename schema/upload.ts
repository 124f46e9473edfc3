import type { Document as DocumentRow, Upload } from '../src/db.ts';
import type { SignedRequest } from '../src/storage/blob-store.ts';
import { builder } from './builder.ts';
import { Document } from './document.ts';
import { idempotencyKey } from './idempotency-key.ts';

const UploadDocumentInput = builder.inputType('UploadDocumentInput', {
  description: 'A file to review.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'ses_… that it goes into.' }),
    file: t.field({ type: 'File', required: true, description: 'A .docx, .pdf, .html, .md or .txt file.' }),
    playbookId: t.id({ description: 'pbk_… whose checks its analyses go through; general-risk when left out.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const UploadDocumentPayload = builder.objectRef<{ document: DocumentRow }>('UploadDocumentPayload').implement({
  description: 'Answer to an upload.',
  fields: (t) => ({
    document: t.expose('document', { type: Document, description: 'The document, which is being parsed now.' }),
  }),
});

const CreateUploadInput = builder.inputType('CreateUploadInput', {
  description: 'A file that the caller will send to storage by itself.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'ses_… that it goes into.' }),
    filename: t.string({ required: true, description: 'With its extension.' }),
    sizeBytes: t.int({ required: true, description: 'Exactly as many bytes must be sent.' }),
    sha256: t.string({ description: 'Lower-case hex of the bytes; checked when given.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

const HttpHeader = builder.objectRef<{ name: string; value: string }>('HttpHeader').implement({
  description: 'A header of an HTTP request.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    value: t.exposeString('value', { description: 'Its value.' }),
  }),
});

const CreateUploadPayload = builder
  .objectRef<{ upload: Upload; signed: SignedRequest }>('CreateUploadPayload')
  .implement({
    description: 'Where to send the bytes.',
    fields: (t) => ({
      uploadId: t.id({ description: 'Pass it to completeUpload.', resolve: ({ upload }) => upload.id }),
      url: t.string({ description: 'PUT the bytes to it.', resolve: ({ signed }) => signed.url }),
      headers: t.field({
        type: [HttpHeader],
        description: 'The PUT must carry them.',
        resolve: ({ signed }) => Object.entries(signed.headers).map(([name, value]) => ({ name, value })),
      }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'Until then; an upload that was never completed is removed afterwards.',
        resolve: ({ upload }) => upload.expiresAt,
      }),
    }),
  });

const CompleteUploadInput = builder.inputType('CompleteUploadInput', {
  description: 'The upload whose bytes have been sent.',
  fields: (t) => ({
    uploadId: t.id({ required: true, description: 'upl_… from createUpload.' }),
    playbookId: t.id({ description: 'pbk_… whose checks its analyses go through; general-risk when left out.' }),
    idempotencyKey: idempotencyKey(t),
  }),
});

builder.mutationFields((t) => ({
  uploadDocument: t.field({
    type: UploadDocumentPayload,
    description:
      'Stores a file and queues its parsing. The same bytes again in a session are a CONFLICT unless given an idempotencyKey.',
    args: { input: t.arg({ type: UploadDocumentInput, required: true, description: 'The file and where it goes.' }) },
    resolve: async (_root, { input }, { services, caller }) => {
      const { sessionId, playbookId, idempotencyKey: key } = input;
      const { filename, body } = input.file;
      return {
        document: await services.uploads.upload(caller, { sessionId, filename, body, playbookId, idempotencyKey: key }),
      };
    },
  }),
  createUpload: t.field({
    type: CreateUploadPayload,
    description: 'For big files and browsers: a presigned URL to PUT the bytes to, then completeUpload.',
    args: { input: t.arg({ type: CreateUploadInput, required: true, description: 'What will be sent.' }) },
    resolve: (_root, { input }, { services, caller }) => services.uploads.invite(caller, input),
  }),
  completeUpload: t.field({
    type: UploadDocumentPayload,
    description: 'Makes a document of the bytes that were PUT, and queues its parsing.',
    args: { input: t.arg({ type: CompleteUploadInput, required: true, description: 'Which upload.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      document: await services.uploads.complete(caller, input),
    }),
  }),
}));
