import SchemaBuilder from '@pothos/core';
import { DateTimeResolver, SafeIntResolver } from 'graphql-scalars';
import type { Context } from './context.ts';
import { isUploadedFile, type UploadedFile } from './uploaded-file.ts';

export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    SafeInt: { Input: number; Output: number };
    File: { Input: UploadedFile; Output: never };
  };
}>({ defaultFieldNullability: false });

builder.addScalarType('DateTime', DateTimeResolver, {
  description: 'RFC 3339 date-time in UTC, with milliseconds.',
});
builder.addScalarType('SafeInt', SafeIntResolver, { description: 'A whole number up to 2^53 - 1.' });
builder.scalarType('File', {
  description: 'A file sent by the GraphQL multipart request convention.',
  parseValue: (value) => {
    if (isUploadedFile(value)) return value;
    throw new TypeError('A file must be sent as a part of a multipart request.');
  },
  serialize: () => {
    throw new TypeError('Files are not read through GraphQL; use downloadUrl.');
  },
});

builder.queryType({ description: 'Reading. Everything is scoped to the tenant of the caller.' });
builder.mutationType({
  description:
    'Changing. Every input takes an optional idempotencyKey: the same key and input within 24 hours returns the first result, and the same key with another input is a CONFLICT.',
});
builder.subscriptionType({
  description:
    'Watching. Leave `after` out to replay from the start and go on live; pass a cursor to go on behind that event. A client that resumes with the last cursor it got sees every event once, in order.',
});
