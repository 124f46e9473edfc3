import { createRequire } from 'node:module';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would take graphql's ES modules where its dependents take the CommonJS ones, and graphql refuses to be there twice.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/seed-properties.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    // The SDK is pinned; its notice of 2027 would stand in every file's output.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // Files share what they import: loading it anew for each of them takes a third of the suite's time. None keeps state in a module.
    isolate: false,
    // Two cores: more files at once only makes them wait for each other.
    maxWorkers: 2,
  },
});
