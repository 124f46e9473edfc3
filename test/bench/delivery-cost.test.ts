import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { distFile } from '../support/dist.ts';

/*
 * The aim is 1.3 times the CPU of a bare socket, measured on a quiet machine. Here other tests run at the same time, so only what would
 * be lost with the design shows: without its own way from the log to the sockets, a GraphQL server takes more than four times as much.
 */
const slack = 3;

it('an event that many watch costs a small multiple of the CPU of a bare socket', { timeout: 240_000 }, async () => {
  const options = ['--quick', '--runs', '3', '--only', 'shared-100', '--servers', 'bare,prism'];
  const args = [distFile('bench', 'realtime.js'), ...options, '--check', '--slack', String(slack)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('AI-Prism');
});
