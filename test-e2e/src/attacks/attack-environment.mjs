// The environment of the attack suite: it knows every test with the file that it stands in, and how it ended, and
// prints the table of rows at the end. jest loads it as it is: hence no TypeScript.
import process from 'node:process';
import HostEnvironment from '../../../scripts/test-runtime/host-environment.mjs';
import { onlyHttp1 } from './only-http1.mjs';

/** The rows (A01, S01, W01, ...) that the titles around a test name, and the test's own file. */
function describeTest(test) {
  const titles = [];
  for (let block = test.parent; block; block = block.parent) titles.push(block.name);
  const rows = [...new Set(titles.join(' ').match(/\b[ASW]\d\d\b/g))];
  const file = /attacks\/((?:clusters|http2|logins|web)\/[a-z-]+\.ts)/.exec(test.asyncError?.stack ?? '')?.[1];
  return { rows, file };
}

function* testsOf(block) {
  for (const child of block.children) {
    if (child.type === 'test') yield child;
    else yield* testsOf(child);
  }
}

export default class AttackEnvironment extends HostEnvironment {
  /** By row: its tests' files, and how many passed and failed. */
  rows = new Map();
  /** By reason: the tests that cannot be run over HTTP/2. */
  #onlyHttp1 = new Map();

  /** The option `carrier` says over which protocol the attackers send their requests. */
  constructor(config, context) {
    super(config, context);
    this.global.attackCarrier = config.projectConfig.testEnvironmentOptions.carrier ?? 'HTTP/1.1';
  }

  handleTestEvent(event, state) {
    super.handleTestEvent(event);
    if (event.name === 'run_start') {
      if (this.global.attackCarrier === 'HTTP/2') this.#leaveOut(state.rootDescribeBlock);
      for (const test of testsOf(state.rootDescribeBlock)) this.#note(test);
      // Read by the test that compares them with the documentation; what it finds there is written beside them.
      this.global.attackTable = { rows: this.rows, titles: new Map() };
    }
    if (event.name === 'test_done') {
      for (const row of describeTest(event.test).rows) {
        if (event.test.errors.length > 0) this.rows.get(row).failed += 1;
        else this.rows.get(row).passed += 1;
      }
    }
    if (event.name === 'run_finish') this.#print();
  }

  /** Removes the tests that HTTP/2 cannot have. Each is listed with the reason, and each reason has some. */
  #leaveOut(block, titles = '') {
    const removed = new Set();
    for (const child of block.children) {
      const title = `${titles} ${child.name}`.trim();
      if (child.type !== 'test') this.#leaveOut(child, block.parent ? title : '');
      const found = child.type === 'test' && onlyHttp1.find(({ tests }) => tests.test(title));
      if (!found) continue;
      removed.add(child);
      this.#onlyHttp1.set(found.why, (this.#onlyHttp1.get(found.why) ?? 0) + 1);
    }
    for (const list of [block.children, block.tests])
      list.splice(0, list.length, ...list.filter((one) => !removed.has(one)));
  }

  #note(test) {
    const { rows, file } = describeTest(test);
    for (const row of rows) {
      if (!this.rows.has(row)) this.rows.set(row, { files: new Set(), passed: 0, failed: 0 });
      if (file) this.rows.get(row).files.add(file);
    }
  }

  #print() {
    const titles = this.global.attackTable?.titles ?? new Map();
    const result = (row) => {
      const found = this.rows.get(row);
      if (!found) return '-';
      return found.failed > 0 ? `${found.failed} of ${found.failed + found.passed} FAILED` : `${found.passed} passed`;
    };
    const rows = [...new Set([...titles.keys(), ...this.rows.keys()])].toSorted((one, other) =>
      one.localeCompare(other),
    );
    const lines = rows.map((row) => [
      row,
      titles.get(row)?.attack ?? '',
      [...(this.rows.get(row)?.files ?? [])].join(', ') || (titles.get(row)?.test ?? ''),
      result(row),
    ]);
    const widths = [0, 1, 2].map((column) => Math.max(0, ...lines.map((line) => line[column].length)));
    const text = lines
      .map((line) =>
        line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
    for (const { why } of this.global.attackCarrier === 'HTTP/2' ? onlyHttp1 : [])
      process.stderr.write(`attacks: over HTTP/1.1 only: ${this.#onlyHttp1.get(why) ?? 'NONE'} of ${why}\n`);
    if (rows.length > 0) process.stderr.write(`\nattacks: row, attack, test, result\n${text}\n\n`);
  }
}
