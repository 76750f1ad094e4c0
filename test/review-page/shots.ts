/** Pictures of the page at three widths, light and dark, for a person to look at: `tsx test/review-page/shots.ts FOLDER`. */
import { inEveryView } from './every-view.js';
import { greyPng, TestDesk } from './test-desk.js';

const folder = process.argv[2] ?? '.medgr2/review-shots';
const disc = (x: number, y: number): number => {
  const [dx, dy] = [x - 256, y - 256];
  const lesion = Math.hypot(x - 330, y - 220) < 26 ? 500 : 0;
  return Math.hypot(dx, dy * 1.2) < 210 ? 1100 + 300 * Math.sin(x / 30) + 200 * Math.cos(y / 45) + lesion : 40;
};
const desk = await new TestDesk({
  samples: 60,
  notice: 'Phantoms are drawn images, no patients: verdicts on them say nothing about medicine.',
  image: () => greyPng(512, 512, 16, disc),
  sample: (item) => ({
    ...item,
    image: { ...item.image, width: 512, height: 512, bits: 16 },
    ...(item.id === 'sample-3'
      ? {
          options: Array.from({ length: 11 }, (_, at) => `Option ${at}, ${'which is told at some length '.repeat(at)}`),
          answer: 'Option 0, ',
        }
      : {}),
    context: 'Axial CT of the abdomen. A round lesion of 2 cm in the left lobe, without enhancement.',
  }),
}).start();
await inEveryView(folder, async ({ page, colorScheme, width, shot }) => {
  await page.goto(desk.address);
  await page.getByLabel('Your name or initials').waitFor();
  await shot('0-gate');
  const reader = `${colorScheme}-${width}`;
  await page.getByLabel('Your name or initials').fill(reader);
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText('Which finding does image 1 show?').waitFor();
  await page.waitForSelector('canvas');
  await page.keyboard.press(width === 820 ? 'a' : 's');
  await page.getByText('Which finding does image 2 show?').waitFor();
  await page.getByText(/^Skipped: sample 1$|Accepted: sample 1, scored/).waitFor();
  await shot('1-judge');
  await shot('1-judge-full', true);
  await page.getByRole('button', { name: 'Window' }).click();
  await page.keyboard.press('m');
  await shot('1-window');
  await page.keyboard.press('w');
  await page.getByText('Which answer is right?').waitFor();
  await shot('2-wrong');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await shot('3-keys');
  await page.keyboard.press('Escape');
  await desk.kill();
  await page.keyboard.press('a');
  await page.getByText('The server does not answer').waitFor();
  await shot('4-dead');
  await desk.start();
  await page.keyboard.press('w');
  await page.getByText('Which answer is right?').waitFor();
  await shot('4-many-options');
  await page.keyboard.press('2');
  await page.locator('.banner').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: /Disputed/ }).click();
  await page
    .getByText('What the readers said')
    .waitFor({ timeout: 2000 })
    .catch(() => {});
  await page.waitForTimeout(300);
  await shot('5-disputed', true);
});
await desk.kill();
