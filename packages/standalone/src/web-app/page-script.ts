/** The script of the page: it shows the clock, and sends what is typed and chosen. */
export const pageScript = `
const at = (id) => document.getElementById(id);
const clock = new EventSource('/clock');
clock.onmessage = ({ data }) => { at('clock').textContent = data; };
clock.onerror = () => { at('clock').textContent = clock.readyState === 2 ? 'ended by the gateway' : 'connecting again'; };
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/echo');
socket.onmessage = ({ data }) => { at('echoed').textContent = 'The server answers: ' + data; };
socket.onclose = ({ code, reason }) => { at('echoed').textContent = 'The connection has ended (' + code + '). ' + reason; };
at('echo').onsubmit = (event) => {
  event.preventDefault();
  if (socket.readyState === 1) socket.send(at('message').value);
};
at('upload').onsubmit = async (event) => {
  event.preventDefault();
  at('uploaded').textContent = 'Uploading ...';
  try {
    const answer = await fetch('/upload', { method: 'POST', body: at('file').files[0] });
    if (!answer.ok) throw new Error('the gateway answers ' + answer.status);
    const { bytes, sha256 } = await answer.json();
    at('uploaded').textContent = bytes + ' bytes have arrived. SHA-256: ' + sha256;
  } catch (error) {
    at('uploaded').textContent = 'The upload failed: ' + error.message;
  }
};
`;
