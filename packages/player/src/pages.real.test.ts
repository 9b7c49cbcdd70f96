import { afterEach, describe, expect, it } from '@jest/globals';
import { sampleRecording, type SampleRecording } from '@sallyport/recordings/testing';
import { openPages, type OpenPages } from './testing/open-pages.ts';
import { browserProgram } from './testing/start-browser.ts';

const esc = '\u001b';
const home = '/.sallyport/recordings';

let open: OpenPages | undefined;
afterEach(() => open?.close());

async function start(sample: SampleRecording, row?: object): Promise<OpenPages> {
  open = await openPages(sample, row);
  return open;
}

/** Opens the page of the recording, and gives it a key. */
async function unseal({ page, origin }: OpenPages, { id }: SampleRecording, key: string): Promise<void> {
  await page.goto(`${origin}${home}/${id}`);
  await page.fill('#key', key);
  await page.click('#recordings button');
}

(browserProgram === undefined ? describe.skip : describe)('the pages of recordings in a browser', () => {
  it('lead from the list to a full-screen program, as it was on the screen', async () => {
    const sample = await sampleRecording({
      write: (writer) => {
        writer.resize(60, 10);
        writer.data('stdout', Buffer.from(`$ top\r\n${esc}[?1049h${esc}[2J${esc}[3;5Hin the middle`));
        writer.resize(65_535, 10);
        writer.resize(0, 0);
        writer.resize(60, 10);
        writer.data('stdout', Buffer.from(`${esc}]2;a title\u0007${esc}]52;c;eA==\u0007${esc}[4;5H<b>bold</b>`));
      },
    });
    const pages = await start(sample);
    const { page, requests, complaints } = pages;
    await page.goto(`${pages.origin}${home}?user=bob*&unknown=x`);
    await page.click('.rows a');
    await page.fill('#key', `# my key\n${sample.identity}\n`);
    await page.click('#recordings button');
    await page.click('.ap-player');
    await page.waitForFunction(() => document.querySelector('.ap-term')?.textContent.includes('bold'));
    const lines = (await page.textContent('.ap-term'))!;
    expect(lines).toMatch(/ {4}in the middle +.*<b>bold<\/b>/s);
    expect(lines).not.toContain('$ top');
    expect(await page.title()).toBe('Recordings - gate.example.com');
    expect(requests).toContain('/.sallyport/api/v1/recordings?user=bob*');
    expect(requests.filter((one) => one.includes('/files/'))).toEqual([
      `/.sallyport/api/v1/recordings/${sample.id}/files/000001.age?by=page`,
    ]);
    expect(complaints).toEqual([]);
  });

  it('keep the key on the page', async () => {
    const sample = await sampleRecording();
    const pages = await start(sample);
    await unseal(pages, sample, sample.identity);
    await pages.page.waitForSelector('.ap-player');
    expect(pages.requests.join('\n')).not.toContain('AGE-SECRET-KEY');
    expect(await pages.page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
    expect(await pages.page.content()).not.toContain(sample.identity);
  });

  it('show what had no terminal as text, and mark stderr', async () => {
    const sample = await sampleRecording({
      write: (writer) => {
        writer.data('stdout', Buffer.from(`${esc}[31mout\n`));
        writer.data('stderr', Buffer.from('<script>alert(1)</script>\n'));
      },
    });
    const pages = await start(sample, { tty: false });
    await unseal(pages, sample, sample.identity);
    await pages.page.waitForSelector('.streams');
    expect(await pages.page.textContent('.streams')).toBe('out\n<script>alert(1)</script>\n');
    expect(await pages.page.textContent('.streams mark')).toBe('<script>alert(1)</script>\n');
    expect(pages.complaints).toEqual([]);
  });

  it('say what is wrong with a key, and with a file', async () => {
    const sample = await sampleRecording();
    const pages = await start(sample);
    await unseal(pages, sample, 'nonsense');
    await pages.page.waitForSelector('[role=alert]:not([hidden])');
    expect(await pages.page.textContent('[role=alert]')).toContain('AGE-SECRET-KEY-1');
    const [name, bytes] = [...sample.files][0]!;
    sample.files.set(name, bytes.subarray(1));
    await pages.page.fill('#key', sample.identity);
    await pages.page.click('#recordings button');
    await pages.page.waitForSelector('[role=status] .note');
    expect(await pages.page.textContent('[role=status]')).toContain(
      '000001.age has another digest than in the audit trail',
    );
  });

  it('leave a recording that is too large to the command line', async () => {
    const sample = await sampleRecording();
    const pages = await start(sample, { bytes: 1024 ** 3 });
    await pages.page.goto(`${pages.origin}${home}/${sample.id}`);
    await pages.page.waitForSelector('code');
    expect(await pages.page.textContent('code')).toBe(`sallyport recordings play ${sample.id}`);
    expect(await pages.page.locator('#key').count()).toBe(0);
  });
});
