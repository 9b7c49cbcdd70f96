import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from './bootstrap.mjs';
import { bounds, metricsPage, readMetrics } from './metrics.mjs';

const page = (file) => readFileSync(path.join(root, file), 'utf8');

describe('the page of metrics', () => {
  const metrics = readMetrics();

  it('is up to date (if not, run: node scripts/generate-docs.mjs)', () => {
    expect(page('docs/operations/metrics.md')).toBe(metricsPage());
  });

  it('has every name of a metric in the sources that other pages use', () => {
    const names = new Set(metrics.map(({ name }) => name));
    const pages = globSync('docs/**/*.md', { cwd: root }).filter((file) => !file.startsWith('docs/adr/'));
    const used = pages.flatMap((file) =>
      [...page(file).matchAll(/\b(sallyport_[a-z]\w*[a-z])\b/g)].map(([, name]) => name),
    );
    expect(used.length).toBeGreaterThan(50);
    const nameOf = (name) => name.replace(/_(?:bucket|count|sum)$/, '');
    expect(used.filter((name) => !names.has(name) && !names.has(nameOf(name)))).toEqual([]);
  });

  it('says of each label what bounds it', () => {
    expect(new Set(metrics.flatMap(({ labels }) => labels))).toEqual(new Set(Object.keys(bounds)));
  });
});
