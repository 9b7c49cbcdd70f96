import { fillPage } from './fill-page.ts';
import { showList } from './show-list.ts';

fillPage(showList);
