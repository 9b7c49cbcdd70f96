// The runner of the whole-system tests and of those with pods. Three files run at a time, and beside them, one by one,
// those that mostly wait or install. Last come those that must have the machine to themselves.
import process from 'node:process';
import TestRunner from 'jest-runner';

/** The files that mostly wait, by their place in test-e2e/src, and for what. One of them runs beside the others. */
export const waiting = {
  'attacks/attacks.e2e.ts': 'It waits for slow clients, endless responses and the end of sessions.',
  'attacks/catalogue-http2.full.e2e.ts': 'It waits for the same over HTTP/2.',
  'attacks/http2-attacks.e2e.ts': 'It waits for the ends of connections that do not go on.',
  'attacks/login-attacks.e2e.ts': 'It floods the login pages, and so must not run beside the other attacks.',
  'audit/kafka-audit.full.e2e.ts': 'It waits for the timeouts of a broker that is away or silent.',
  'audit/kafka-group.full.e2e.ts': 'It waits for longer than a consumer may be silent.',
  'audit/kafka-tokens.full.e2e.ts': 'It waits for tokens to expire.',
  'resilience/recorded-first.full.e2e.ts': 'It waits for the timeouts of a broker that is away.',
};

/** The files with pods that run one by one, beside those that install nothing. */
export const installing = {
  'pods/chart.pods.ts': 'It counts all objects of the cluster before and after.',
  'pods/evaluation.pods.ts': 'It counts all objects of the cluster before and after.',
  'pods/kustomize.pods.ts': 'It counts all objects of the cluster before and after.',
  'pods/single.pods.ts': 'It counts all objects of the cluster before and after.',
  'pods/tls.full.pods.ts': 'It installs the manifests, which name their namespace.',
  'rolling/rolling.full.pods.ts': 'It installs the manifests, which name their namespace.',
};

/** The files that run alone, and why. */
export const alone = {
  'chaos/chaos.full.e2e.ts': 'It loads two gateways and kills servers, which takes both cores.',
};

const isOf =
  (list) =>
  ({ path }) =>
    Object.keys(list).some((file) => path.endsWith(`/test-e2e/src/${file}`));

export default class SideBySide extends TestRunner {
  /** Runs in one process (`--runInBand`) what jest wants to run there, for example a single file. */
  async runTests(tests, watcher, options) {
    if (options.serial) return super.runTests(tests, watcher, options);
    const [waits, last] = [{ ...waiting, ...installing }, alone].map((list) => tests.filter(isOf(list)));
    const others = tests.filter((test) => ![...waits, ...last].includes(test));
    const { maxWorkers } = this._globalConfig;
    const beside = waits.length > 0 ? Math.max(1, maxWorkers - 1) : maxWorkers;
    await Promise.all([
      this.#start(waits, watcher, { workers: 1, lane: maxWorkers }),
      this.#start(others, watcher, { workers: beside }),
    ]);
    await super.runTests(last, watcher, { serial: true });
  }

  /**
   * Starts as many workers as given. jest numbers those of each call from 1, so a single one beside others is told its
   * number, which says which Redis is its own.
   */
  #start(tests, watcher, { workers, lane }) {
    if (tests.length === 0) return undefined;
    const given = this._globalConfig;
    // jest's runner reads the number of workers from here, and starts them before it returns.
    this._globalConfig = { ...given, maxWorkers: workers };
    if (lane !== undefined) process.env.SALLYPORT_TEST_LANE = String(lane);
    const ended = super.runTests(tests, watcher, { serial: false });
    delete process.env.SALLYPORT_TEST_LANE;
    this._globalConfig = given;
    return ended;
  }
}
