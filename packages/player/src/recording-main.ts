import { fillPage } from './fill-page.ts';
import { showRecording } from './show-recording.ts';

fillPage(async (place) => showRecording(place, place.dataset.recording ?? ''));
