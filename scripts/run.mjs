// Entry point of all npm scripts: installs dependencies and builds if needed, then runs the program on Node.js 24.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { build, ensureInstalled, fail, ownNode, root, runNode } from './bootstrap.mjs';
import { endsWithThis, watchAncestors } from './end-with-parent.mjs';
import { testNodeOptions } from './test-runtime/node-options.mjs';

const [command = 'help', ...args] = process.argv.slice(2);
const jest = [...testNodeOptions, 'node_modules/jest/bin/jest.js'];

// npm runs this program in a shell, and ends only that shell. A program that was started by hand, perhaps with nohup, is
// left to its caller.
let end = () => process.exit(143);
const endIfOrphaned = process.env.npm_lifecycle_event === undefined ? () => false : watchAncestors(2, () => end());

/**
 * Runs a program in the foreground and passes signals on to it. The program ends when this process has gone, and this
 * process ends when npm has gone.
 */
function foreground(nodeArgs) {
  // The build may have blocked the event loop for a long time.
  if (endIfOrphaned()) return;
  const child = spawn(ownNode(), [...endsWithThis.args, ...nodeArgs], {
    cwd: process.cwd(),
    stdio: 'inherit',
    env: { ...process.env, ...endsWithThis.env },
  });
  end = () => child.kill('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

function built(program) {
  const code = build();
  if (code !== 0) fail('the build failed (see the messages above)');
  return path.join(root, program);
}

/**
 * Checks the format, the lint rules, unused files, exports and dependencies, the layout, the imports between packages,
 * and the types. Stops at the first that fails. `--fix` fixes the format and what the linter can.
 */
function lint() {
  const fix = args.includes('--fix');
  const checks = [
    ['node_modules/oxfmt/bin/oxfmt', ...(fix ? [] : ['--check'])],
    ['node_modules/oxlint/bin/oxlint', ...args],
    ['node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'],
    ['scripts/check-layout.mjs'],
    ['scripts/check-imports.mjs'],
  ];
  for (const [program, ...rest] of checks) {
    const code = runNode([path.join(root, program), ...rest]);
    if (code !== 0) return code;
  }
  return build();
}

/** Runs lerna. It would commit a version again that is released, and then fail because there is a tag. */
async function lerna() {
  const { isReleased } = await import('./release/set-version.mjs');
  const [action, version] = args;
  const changelog = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8');
  if (action === 'version' && version !== undefined && isReleased(changelog, version))
    process.stderr.write(`${version} is in CHANGELOG.md with its date already. Nothing was changed.\n`);
  else foreground(['node_modules/lerna/dist/cli.js', ...args]);
}

const wholeRun = ['unit', 'real', 'e2e', 'bed', 'pods'];

const commands = {
  build: () => process.exit(build()),
  lint: () => process.exit(lint()),
  jest: () =>
    foreground([...jest, ...args, ...(args.includes('--selectProjects') ? [] : ['--selectProjects', 'unit', 'real'])]),
  'test:unit': () => foreground([built('scripts/test.mjs'), 'unit', ...args]),
  'test:e2e': () => foreground([built('scripts/test.mjs'), 'real', 'e2e', 'bed', 'pods', ...args]),
  'test:slow': () => foreground([built('scripts/test.mjs'), 'fuzzing', 'slow', ...args]),
  'test:upgrade': () => foreground([built('scripts/test.mjs'), 'upgrade', ...args]),
  test: () => foreground([built('scripts/test.mjs'), 'gate', ...wholeRun, ...args]),
  'test:full': () => foreground([built('scripts/test.mjs'), ...wholeRun, ...args]),
  demo: () => foreground([built('packages/standalone/dist/bundle/demo-main.js'), ...args]),
  bench: () =>
    args[0] === 'audit-store' || args[0] === 'events'
      ? foreground([built(`bench/dist/${args[0]}-main.js`), ...args.slice(1)])
      : foreground([built('bench/dist/main.js'), ...args]),
  bed: () => foreground([built('packages/bed/dist/main.js'), ...args]),
  sallyport: () => foreground([built('packages/cli/bin/sallyport.js'), ...args]),
  image: () => foreground([built('scripts/image.mjs'), ...args]),
  release: () => foreground([built('scripts/release.mjs'), ...args]),
  lerna,
  clean: () => {
    const workspaces = [
      'test-e2e',
      'bench',
      ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}`),
    ];
    for (const workspace of workspaces) rmSync(path.join(root, workspace, 'dist'), { recursive: true, force: true });
  },
};

if (!Object.hasOwn(commands, command))
  fail(`unknown command "${command}". Commands: ${Object.keys(commands).join(', ')}`);
if (!existsSync(path.join(root, 'package-lock.json')))
  fail('package-lock.json is missing. Run this in a complete clone of the repository.');
ensureInstalled();
await commands[command]();
