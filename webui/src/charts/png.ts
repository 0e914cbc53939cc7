/**
 * A chart as a picture. The SVG on the screen is painted onto a canvas element by element: browsers paint an SVG as an
 * image only through a `data:` or `blob:` address, for which the content security policy has no room, and style sheets
 * would not reach into it.
 */
import type { Series } from './series.ts';

const SCALE = 2;
const PAD = 20;
const HEAD = 56;
const ROW = 22;

interface Picture {
  readonly title: string;
  readonly subtitle: string;
  readonly series: readonly Series[];
  /** Figure of each series in the legend. */
  readonly figure: (series: Series) => string;
}

/** The colour that a CSS colour (a custom property, a mixture) has now, in the page's theme. */
function resolved(color: string): string {
  const probe = document.createElement('i');
  probe.style.color = color;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function hatch(context: CanvasRenderingContext2D, fill: string, svg: SVGSVGElement): CanvasPattern | null {
  const id = /url\("?#([^")]+)"?\)/.exec(fill)?.[1];
  const pattern = id ? svg.querySelector(`[id="${CSS.escape(id)}"]`) : null;
  const line = pattern?.querySelector('path');
  if (!pattern || !line) return null;
  const size = Number(pattern.getAttribute('width'));
  const tile = document.createElement('canvas');
  tile.width = tile.height = size * 4;
  const brush = tile.getContext('2d');
  if (!brush) return null;
  const style = getComputedStyle(line);
  brush.scale(4, 4);
  brush.strokeStyle = style.stroke;
  brush.lineWidth = Number.parseFloat(style.strokeWidth);
  brush.stroke(new Path2D(line.getAttribute('d') ?? ''));
  const painted = context.createPattern(tile, 'repeat');
  painted?.setTransform(new DOMMatrix().rotate(45).scale(0.25));
  return painted;
}

function paint(context: CanvasRenderingContext2D, element: SVGGraphicsElement, svg: SVGSVGElement): void {
  const style = getComputedStyle(element);
  if (style.display === 'none' || style.visibility === 'hidden') return;
  const matrix = element.getCTM();
  context.save();
  if (matrix) context.transform(matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f);
  const alpha = Number(style.opacity);
  if (element instanceof SVGTextElement) {
    const anchors: Record<string, CanvasTextAlign> = { start: 'left', middle: 'center', end: 'right' };
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.textAlign = anchors[style.textAnchor] ?? 'left';
    context.fillStyle = style.fill;
    const number = (name: string): number => Number(element.getAttribute(name) ?? 0);
    context.fillText(element.textContent?.trim() ?? '', number('x') + number('dx'), number('y'));
  } else {
    const path = outline(element);
    if (path && style.fill !== 'none') {
      context.globalAlpha = alpha * Number(style.fillOpacity);
      context.fillStyle = style.fill.startsWith('url(')
        ? (hatch(context, style.fill, svg) ?? 'transparent')
        : style.fill;
      context.fill(path);
    }
    if (path && style.stroke !== 'none') {
      context.globalAlpha = alpha * Number(style.strokeOpacity);
      context.strokeStyle = style.stroke;
      context.lineWidth = Number.parseFloat(style.strokeWidth);
      context.setLineDash(
        style.strokeDasharray === 'none' ? [] : style.strokeDasharray.split(/[ ,]+/).map(Number.parseFloat),
      );
      context.stroke(path);
    }
  }
  context.restore();
}

function outline(element: SVGGraphicsElement): Path2D | null {
  if (element instanceof SVGPathElement) return new Path2D(element.getAttribute('d') ?? '');
  const path = new Path2D();
  if (element instanceof SVGRectElement) {
    path.rect(
      element.x.baseVal.value,
      element.y.baseVal.value,
      element.width.baseVal.value,
      element.height.baseVal.value,
    );
    return path;
  }
  if (element instanceof SVGCircleElement) {
    path.arc(element.cx.baseVal.value, element.cy.baseVal.value, element.r.baseVal.value, 0, 2 * Math.PI);
    return path;
  }
  return null;
}

/** @throws Error when the browser gives no canvas or cannot write PNG */
export async function png(svg: SVGSVGElement, picture: Picture): Promise<Blob> {
  const width = svg.clientWidth + 2 * PAD;
  const columns = Math.max(1, Math.floor((width - 2 * PAD) / 260));
  const legendHeight = Math.ceil(picture.series.length / columns) * ROW;
  const height = HEAD + svg.clientHeight + legendHeight + 2 * PAD;
  const canvas = document.createElement('canvas');
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const family = getComputedStyle(document.body).fontFamily;
  context.scale(SCALE, SCALE);
  context.fillStyle = resolved('var(--surface)');
  context.fillRect(0, 0, width, height);
  context.fillStyle = resolved('var(--text)');
  context.font = `600 15px ${family}`;
  context.fillText(picture.title, PAD, PAD + 12);
  context.fillStyle = resolved('var(--muted)');
  context.font = `400 13px ${family}`;
  context.fillText(picture.subtitle, PAD, PAD + 32);

  context.save();
  context.translate(PAD, HEAD);
  const marks = svg.querySelectorAll<SVGGraphicsElement>('path, rect, circle, text');
  for (const mark of marks) if (!mark.closest('defs')) paint(context, mark, svg);
  context.restore();

  context.font = `400 13px ${family}`;
  const cell = (width - 2 * PAD) / columns;
  picture.series.forEach((series, index) => {
    const x = PAD + (index % columns) * cell;
    const y = HEAD + svg.clientHeight + 16 + Math.floor(index / columns) * ROW;
    context.fillStyle = resolved(series.color);
    context.fillRect(x, y, 10, 10);
    context.fillStyle = resolved('var(--text)');
    context.fillText(`${series.label}  ${picture.figure(series)}`, x + 17, y + 9.5, cell - 26);
  });
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the canvas gave no PNG'))),
      'image/png',
    );
  });
}
