import { afterEach, describe, expect, it } from '@jest/globals';
import { allowWeb, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

let rig: WebRig;
afterEach(() => rig.close());

const open = (accept = 'text/html') =>
  rig.raw(webHead('GET', '/', [`Accept: ${accept}`, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']));

async function refuseWith(ruleMessage: string | undefined) {
  rig = await createWebRig((_request, response) => void response.end());
  const rule = 'policy rule "route/app.example.com[1].deny.and" does not allow it (criteria: groups)';
  const detail = ruleMessage === undefined ? rule : `${rule}. ${ruleMessage}`;
  const { decision } = allowWeb();
  rig.answer = () =>
    allowWeb('route', {
      decision: { ...decision, effect: 'deny' },
      problem: { code: 'forbidden', detail, ruleMessage },
    });
}

describe('the page of a refusal', () => {
  it('shows what the rule says in place of its criteria, with markup as text', async () => {
    await refuseWith('Ask <b onclick="x()">the desk</b> & wait. <script>alert(1)</script>');
    const page = await open();
    expect(page).toMatch(/^HTTP\/1\.1 403 /);
    expect(page).toContain(
      '<p>Ask &lt;b onclick=&quot;x()&quot;&gt;the desk&lt;/b&gt; &amp; wait. &lt;script&gt;alert(1)&lt;/script&gt;</p>',
    );
    expect(page).not.toMatch(/<script>alert|onclick="|criteria|deny\.and/);
  });

  it('shows no character that a newer gateway would have refused at the start', async () => {
    await refuseWith('a\u001b[2J\u202eb');
    expect(await open()).not.toMatch(/[\u001b\u202e]/);
  });

  it('says as before what is known where the rule says nothing', async () => {
    await refuseWith(undefined);
    expect(await open()).toContain('criteria: groups');
  });

  it('is problem+json for a program, with the same words', async () => {
    await refuseWith('Ask the desk.');
    expect(await open('application/json')).toMatch(/"detail":"policy rule .*\. Ask the desk\."/);
  });
});
