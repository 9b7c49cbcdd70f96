// Reads from the Dockerfile how the image runs: environment, user, ports, entry point and labels.

/** Returns the instructions of a Dockerfile as [name, arguments], without comments, each on one line. */
function instructionsOf(text) {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line) && line.trim() !== '');
  return lines
    .join('\n')
    .replaceAll(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => {
      const [, name, rest] = /^(\S+)\s+(.*)$/.exec(line.trim());
      return [name.toUpperCase(), rest];
    });
}

/** Returns the instructions of a stage, preceded by those of the stage that it begins with. */
function stageOf(instructions, stage) {
  const isFrom = ([name]) => name === 'FROM';
  const first = instructions.findIndex(([name, rest]) => name === 'FROM' && rest.endsWith(` AS ${stage}`));
  if (first === -1) return [];
  const next = instructions.slice(first + 1).findIndex(isFrom);
  const own = instructions.slice(first + 1, next === -1 ? undefined : first + 1 + next);
  return [...stageOf(instructions, instructions[first][1].split(' ')[0]), ...own];
}

/** Reads `a=b c="d e"`. */
function pairsOf(rest) {
  return Object.fromEntries(
    [...rest.matchAll(/([\w.-]+)=(?:"([^"]*)"|(\S+))/g)].map(([, key, quoted, plain]) => [key, quoted ?? plain]),
  );
}

/**
 * Returns the settings of a stage in the form of an OCI image configuration. `args` replace the defaults of `ARG`.
 * Refuses a setting that it does not know, so that none is lost.
 */
export function readDockerfileSettings(text, stage, args = {}) {
  const values = {};
  const config = { ExposedPorts: {}, Env: [], Labels: {} };
  const substitute = (words) => words.replaceAll(/\$\{(\w+)\}/g, (_, name) => values[name] ?? '');
  const readers = {
    ARG: (rest) => {
      const [name, fallback = ''] = rest.split('=');
      values[name] = args[name] ?? fallback;
    },
    ENV: (rest) => config.Env.push(...Object.entries(pairsOf(rest)).map((pair) => pair.join('='))),
    LABEL: (rest) => Object.assign(config.Labels, pairsOf(substitute(rest))),
    WORKDIR: (rest) => void (config.WorkingDir = rest),
    USER: (rest) => void (config.User = rest),
    EXPOSE: (rest) => rest.split(/\s+/).forEach((port) => (config.ExposedPorts[`${port}/tcp`] = {})),
    ENTRYPOINT: (rest) => void (config.Entrypoint = JSON.parse(rest)),
    CMD: (rest) => void (config.Cmd = JSON.parse(rest)),
    // What these do to the files is in layers.mjs.
    COPY: () => {},
    RUN: () => {},
  };
  const instructions = stageOf(instructionsOf(text), stage);
  if (instructions.length === 0) throw new Error(`the Dockerfile has no stage "${stage}"`);
  for (const [name, rest] of instructions) {
    if (!Object.hasOwn(readers, name)) throw new Error(`npm run image does not know the instruction ${name}`);
    readers[name](rest);
  }
  return config;
}
