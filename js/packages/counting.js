// SPDX-License-Identifier: Apache-2.0

/** Ends a run with the counts in the form of Node's test runner, which is what `./check` adds up. */
export default class Counting {
  onTestRunEnd(modules, errors) {
    const counts = { pass: 0, fail: 0, skipped: 0 };
    for (const module of modules) {
      if (module.state() === "failed" && module.errors().length) counts.fail++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === "passed" ? "pass" : state === "failed" ? "fail" : "skipped"]++;
      }
    }
    counts.fail += errors.length;
    for (const [name, count] of Object.entries(counts)) console.log(`ℹ ${name} ${count}`);
  }
}
