const startedFile = /'\.\/([\w-]+)\.js'/g;
const fileOfPackage = /new URL\('\.\.\//;
const resolvedPackage = /import\.meta\.resolve\('@sallyport\/([\w-]+)'\)/g;

/**
 * Returns what sources start or import by path, such as the files of threads, and the bundle does not have. `sources` are
 * pairs of a file and its text, and `names` those of the files of the bundle.
 */
export function missingPrograms(sources, names) {
  const own = sources.filter(([, text]) => text.includes('import.meta'));
  const elsewhere = own
    .filter(([, text]) => fileOfPackage.test(text))
    .map(([file]) => `${file} reads a file of its package, which is elsewhere for a bundle`);
  const missing = own.flatMap(([file, text]) =>
    [...text.matchAll(startedFile), ...text.matchAll(resolvedPackage)]
      .filter(([, name]) => !names.includes(name))
      .map(([, name]) => `${file} starts ${name}.js, which scripts/bundle/bundles.mjs does not list`),
  );
  return [...elsewhere, ...missing];
}
