const startedFile = /'\.\/([\w-]+)\.js'/g;
const resolvedPackage = /import\.meta\.resolve\('@sallyport\/([\w-]+)'\)/g;

/**
 * Returns what sources start or import by path, such as the files of threads, and the bundle does not have. `sources` are
 * pairs of a file and its text, and `names` those of the files of the bundle.
 */
export function missingPrograms(sources, names) {
  return sources
    .filter(([, text]) => text.includes('import.meta'))
    .flatMap(([file, text]) =>
      [...text.matchAll(startedFile), ...text.matchAll(resolvedPackage)]
        .filter(([, name]) => !names.includes(name))
        .map(([, name]) => `${file} starts ${name}.js, which scripts/bundle/services.mjs does not list`),
    );
}
