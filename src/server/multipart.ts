import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import set from 'es-toolkit/compat/set';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { createUploadedFile } from '../../schema/uploaded-file.ts';
import { AppError, isAppError } from '../errors.ts';

const fieldLimitBytes = 1024 * 1024;

/**
 * Requests by the GraphQL multipart request convention, with one file: `operations`, then `map`, then the file. The operation runs as soon
 * as the file begins, and reads its bytes as they come in, so that no file is ever whole in memory.
 */
export const useMultipart = (): Plugin<object, { req: IncomingMessage }> => ({
  onRequestParse({ request, serverContext, setRequestParser }) {
    const type = request.headers.get('content-type') ?? '';
    if (type.startsWith('multipart/form-data')) setRequestParser(() => parseMultipart(serverContext.req));
  },
});

function parseMultipart(request: IncomingMessage): Promise<GraphQLParams> {
  return new Promise((resolve, reject) => {
    const refuse = (message: string): void => reject(new AppError('BAD_USER_INPUT', message));
    const fields = new Map<string, string>();
    let busboy: InstanceType<typeof Busboy>;
    try {
      busboy = new Busboy({
        headers: request.headers as BusboyHeaders,
        limits: { fieldSize: fieldLimitBytes, fields: 10, files: 1, headerSize: 16 * 1024 },
      });
    } catch {
      refuse('The multipart request has no boundary. Let your HTTP client set the Content-Type header.');
      return;
    }
    busboy.on('field', (name, value, _nameTruncated, isTruncated) => {
      if (isTruncated) refuse(`The field "${name.slice(0, 60)}" is larger than 1 MB.`);
      fields.set(name, value);
    });
    busboy.on('file', (name, stream, filename) => {
      // The operation may end without reading the file; what is left of it must not hold the connection.
      stream.on('error', () => undefined);
      request.once('close', () => {
        if (!request.complete)
          stream.destroy(new AppError('CANCELLED', 'The upload was cut off before the file was complete.'));
      });
      const params = paramsOf(fields, name, createUploadedFile(filename ?? '', stream));
      if (isAppError(params)) {
        stream.resume();
        reject(params);
      } else resolve(params);
    });
    busboy.on('filesLimit', () => refuse('Send one file per request.'));
    busboy.on('finish', () =>
      refuse('The multipart request holds no file. Send the fields operations and map, then the file.'),
    );
    busboy.on('error', () => refuse('The multipart request is malformed or was cut off.'));
    request.pipe(busboy);
  });
}

/** A mistake of the client's is answered as a value: the rest of the request has to be read away first. */
function paramsOf(...request: Parameters<typeof withFile>): GraphQLParams | AppError {
  try {
    return withFile(...request);
  } catch (error) {
    if (isAppError(error)) return error;
    throw error;
  }
}

function withFile(
  fields: ReadonlyMap<string, string>,
  part: string,
  file: ReturnType<typeof createUploadedFile>,
): GraphQLParams {
  const operations = readObject(fields, 'operations');
  const map = readObject(fields, 'map');
  const paths = map[part];
  if (
    !Array.isArray(paths) ||
    paths.length !== 1 ||
    typeof paths[0] !== 'string' ||
    !paths[0].startsWith('variables.')
  ) {
    throw new AppError(
      'BAD_USER_INPUT',
      `map must name one path for the file, for example {"${part}": ["variables.file"]}.`,
    );
  }
  const [path] = paths as [string];
  if (/(^|\.)(__proto__|constructor|prototype)(\.|$)/.test(path))
    throw new AppError('BAD_USER_INPUT', 'map names a path that is not allowed.');
  set(operations, path, file);
  return operations as GraphQLParams;
}

function readObject(fields: ReadonlyMap<string, string>, name: string): Record<string, unknown> {
  const text = fields.get(name);
  if (text === undefined) {
    throw new AppError('BAD_USER_INPUT', `The field "${name}" is missing. Send operations, then map, then the file.`);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Answered below, like any other text that is no object.
  }
  throw new AppError('BAD_USER_INPUT', `The field "${name}" must be a JSON object.`);
}
