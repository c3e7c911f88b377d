// A reporter for node's test runner that says in one line at the end how it went.
export default async function* closingLine(events) {
  let [passed, skipped, failed] = [0, 0, 0];
  for await (const { type, data } of events) {
    if (type === "test:fail") failed += 1;
    else if (type === "test:pass" && data.skip !== undefined) skipped += 1;
    else if (type === "test:pass") passed += 1;
  }
  yield `\nbrowser tests: ${passed} passed, ${failed} failed, ${skipped} skipped\n`;
}
