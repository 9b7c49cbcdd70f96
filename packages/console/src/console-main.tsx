import { render } from 'preact';
import { App } from './app.tsx';

const place = document.querySelector<HTMLElement>('#console');
if (place) {
  const { gateway = location.origin, private: isPrivate } = place.dataset;
  render(<App reach={{ gatewayUrl: gateway, isPrivate: isPrivate !== undefined }} />, place);
}
