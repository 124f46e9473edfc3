// Stands in for the reader of documents and behaves as the file's name says.
process.on('disconnect', () => process.exit(0));

const report = () => ({
  format: 'TEXT',
  sections: [],
  pageCount: null,
  wordCount: 0,
  pid: process.pid,
  env: Object.keys(process.env),
  execArgv: process.execArgv,
});

const behaviours = {
  report: () => process.send({ kind: 'parsed', document: report() }),
  harmed: () =>
    process.send({
      kind: 'failed',
      failure: { code: 'UNREADABLE_DOCUMENT', message: String(process.pid) },
      isReusable: false,
    }),
  silent: () => process.send({ kind: 'progress', progress: { sectionsFound: process.pid, percent: 0 } }),
  hang: () => {
    for (;;);
  },
  heap: () => {
    const held = [];
    for (;;) held.push({ more: held.length, text: `${held.length}` });
  },
  buffers: () => {
    const held = [];
    const more = () => {
      held.push(Buffer.alloc(8 * 1024 * 1024, held.length));
      setTimeout(more, 5);
    };
    more();
  },
  crash: () => process.exit(3),
  broken: () => process.send({ kind: 'error', message: 'ENOENT: no such file' }),
};

process.on('message', ({ filename }) => {
  process.send({ kind: 'begun' });
  behaviours[filename]();
});
process.send({ kind: 'ready' });
