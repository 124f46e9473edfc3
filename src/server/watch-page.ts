import { readFile, readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPackageRoot } from '../package-root.ts';

type File = { readonly type: string; readonly body: string };

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const;

const headers = {
  'content-security-policy': [
    "default-src 'self'",
    // The page's empty icon.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/**
 * Serves the page that watches a review, /watch, and what it loads, all below /watch/. Resolves to false, having touched nothing, when the
 * request is for something else. The files are read at the first request for one of them: a path only chooses among those, and never
 * reaches the file system. Rejects when they cannot be read, as before `npm run build`.
 */
export function createWatchPageHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  let files: Promise<ReadonlyMap<string, File>> | undefined;
  return async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname !== '/watch' && !pathname.startsWith('/watch/')) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') return false;
    files ??= readFiles().catch((error: unknown) => {
      files = undefined;
      throw error;
    });
    const file = (await files).get(pathname);
    if (!file) return false;
    response.writeHead(200, { ...headers, 'content-type': file.type });
    response.end(request.method === 'HEAD' ? undefined : file.body);
    return true;
  };
}

const scripts = ['watch', 'requests', 'review-state', 'view'] as const;

async function readFiles(): Promise<ReadonlyMap<string, File>> {
  const sources = join(findPackageRoot(), 'client-examples');
  const compiled = join(findPackageRoot(), 'dist', 'client-examples');
  const library = dirname(fileURLToPath(import.meta.resolve('graphql-ws/client')));
  // Its client is one file, and those that it shares with its server, whose names have a digest.
  const shared = (await readdir(library)).filter((name) => /^common-.*\.js$/.test(name));

  const entries: readonly (readonly [path: string, from: string, type: keyof typeof types])[] = [
    ['/watch', join(sources, 'web', 'index.html'), 'html'],
    ['/watch/web/watch.css', join(sources, 'web', 'watch.css'), 'css'],
    ...scripts.map((name) => [`/watch/web/${name}.js`, join(compiled, 'web', `${name}.js`), 'js'] as const),
    ['/watch/resume.js', join(compiled, 'resume.js'), 'js'],
    ...['client.js', ...shared].map((name) => [`/watch/graphql-ws/${name}`, join(library, name), 'js'] as const),
  ];
  const read = async ([path, from, type]: (typeof entries)[number]) => {
    const text = await readFile(from, 'utf8');
    // Where browsers find the package: an import map would be an inline script, which the page may not have.
    const body = text.replace("from 'graphql-ws'", "from '/watch/graphql-ws/client.js'");
    return [path, { type: types[type], body }] as const;
  };
  return new Map(await Promise.all(entries.map(read)));
}
