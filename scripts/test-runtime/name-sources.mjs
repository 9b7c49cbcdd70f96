const numbered = /file:\/\/(\/[^\s?()]*)\?file=\d+/g;

/** Makes the stacks of an error and of its causes name files by their paths, without the numbers of module-hooks.mjs. */
export function nameSources(error) {
  for (let each = error; each instanceof Error; each = each.cause) {
    const stack = each.stack?.replaceAll(numbered, '$1');
    // A frozen error keeps its stack.
    if (stack !== each.stack) Reflect.set(each, 'stack', stack);
  }
}
