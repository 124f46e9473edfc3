/** Of the HTML report. It names no font and no picture that would have to be loaded; colours are never the only mark of anything. */
export const reportStyle = `
:root { color-scheme: light dark; --text: #1c1d21; --soft: #565b66; --line: #d5d8de; --ground: #fff; --card: #f6f7f9;
  --critical: #8e1030; --high: #a83a00; --medium: #7a5900; --low: #17603f; --strength: #1d4f91; --link: #0b57b0; }
@media (prefers-color-scheme: dark) { :root { --text: #e8e9ec; --soft: #a9aeb9; --line: #3b3f48; --ground: #17181c; --card: #202228;
  --critical: #ff8fa6; --high: #ffab7d; --medium: #e8c25a; --low: #7fd6a8; --strength: #9cc3ff; --link: #8abaff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 52rem; padding: 1.5rem 1.25rem 4rem; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
h1 { font-size: 1.8rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.4rem; margin: 3rem 0 1rem; padding-bottom: .3rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; }
h4, h5, h6 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
p { margin: .5rem 0; }
.soft { color: var(--soft); }
.notice { border: 2px solid currentColor; border-radius: .4rem; padding: .7rem 1rem; font-weight: 600; }
.overall { font-size: 1.15rem; }
.badge { display: inline-block; border: 1.5px solid currentColor; border-radius: 1rem; padding: .05rem .65rem; font-size: .85rem;
  font-weight: 700; white-space: nowrap; }
.critical { color: var(--critical); } .high { color: var(--high); } .medium { color: var(--medium); } .low { color: var(--low); }
.strength { color: var(--strength); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .8rem 0; }
dt { color: var(--soft); } dd { margin: 0; }
.tables { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1rem 3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { text-align: left; white-space: nowrap; font-weight: 600; padding-bottom: .3rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .9rem .3rem 0; text-align: left; font-weight: inherit; }
td { text-align: right; } thead th { color: var(--soft); } thead th:not(:first-child) { text-align: right; }
nav ol { padding-left: 1.4rem; }
.finding { border: 1px solid var(--line); border-left: .35rem solid currentColor; border-radius: .4rem; background: var(--card);
  padding: .9rem 1.1rem; margin: 1rem 0; }
.finding > * { color: var(--text); }
.finding > .badges { color: inherit; display: flex; flex-wrap: wrap; gap: .4rem; margin: 0; }
.status { color: var(--soft); }
.finding :is(h4, h5, h6) { margin: .6rem 0 .4rem; }
.finding.rejected .title { text-decoration: line-through; }
.label { font-weight: 600; margin: .9rem 0 .2rem; }
blockquote { margin: .5rem 0; padding: .1rem 0 .1rem .9rem; border-left: 3px solid var(--line); }
blockquote footer { color: var(--soft); font-size: .9rem; }
.finding ul, .finding ol { margin: .2rem 0; padding-left: 1.3rem; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } h1 { font-size: 1.45rem; } }
@media print { :root { color-scheme: light; --text: #000; --soft: #444; --line: #bbb; --ground: #fff; --card: #fff;
    --critical: #8e1030; --high: #a83a00; --medium: #7a5900; --low: #17603f; --strength: #1d4f91; --link: #000; }
  body { max-width: none; padding: 0; font-size: 10.5pt; } h2, h3, h4, h5, h6, .badges, .label { break-after: avoid; }
  blockquote, tr, .badges { break-inside: avoid; } .cover { break-after: page; } .notice, .badge { print-color-adjust: exact; } }
@page { margin: 18mm 16mm; }
`;
