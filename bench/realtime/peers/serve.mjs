/** Listens on a free port of the loopback interface and announces it as the benchmark expects. */
export function serve(http) {
  http.listen(0, '127.0.0.1', () => announce(http.address().port));
}

export function announce(port) {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}/graphql` }));
}

/** Ends with the benchmark: on its word, and when it is gone. Exits properly, so that a profile is written. */
export function endWithParent() {
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
}
