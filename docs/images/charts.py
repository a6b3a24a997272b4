#!/usr/bin/env python3
"""Writes the charts of docs/benchmarks.md as SVG files into this folder. Each bar is a measured range: (label, low, high)."""
import os

FOLDER = os.path.dirname(os.path.abspath(__file__))
COLOURS = ['#2563eb', '#94a3b8']

CHARTS = {
    'storage': ('Grain state writes a second', ['group commit', "Orleans' ADO.NET provider"], [
        ('64 grains', [(29000, 38000), (1900, 3200)]),
        ('256 grains', [(47000, 57000), (2900, 3500)]),
        ('64 grains, an event each', [(10400, 13600), (800, 920)]),
    ]),
    'streams': ('Events a second, from commit to handled', ['warm handlers', 'handlers activated first'], [
        ('1 queue', [(8100, 9700), (2500, 2500)]),
        ('4 queues', [(12100, 12600), (7200, 7200)]),
        ('16 queues', [(10300, 12200), (4500, 4500)]),
    ]),
    'checkout': ('Checkouts a second', ['checkouts'], [
        ('1 client', [(120, 132)]),
        ('8 clients', [(390, 439)]),
        ('32 clients', [(616, 689)]),
    ]),
    'overload': ('99th percentile of admitted requests, milliseconds', ['with admission control', 'without'], [
        ('50 % load', [(177, 177), (638, 638)]),
        ('100 %', [(483, 483), (734, 734)]),
        ('150 %', [(1378, 1378), (8703, 8703)]),
        ('200 %', [(1471, 1471), (14296, 14296)]),
        ('300 %', [(2168, 2168), (17554, 17554)]),
    ]),
}


def draw(title, series, groups):
    left, width, bar, gap = 190, 420, 16, 14
    largest = max(high for _, bars in groups for _, high in bars)

    def scale(value):
        return width * value / largest

    def text(x, y, words, anchor='start', size=12, weight='normal'):
        return f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="#1e293b">{words}</text>'

    parts = [text(16, 24, title, size=14, weight='bold')]
    for i, name in enumerate(series):
        x = left + i * 200
        parts.append(f'<rect x="{x}" y="38" width="12" height="12" fill="{COLOURS[i]}"/>' + text(x + 18, 48, name))
    y = 66
    for label, bars in groups:
        parts.append(text(left - 10, y + bar * len(bars) / 2 + 4, label, 'end'))
        for i, (low, high) in enumerate(bars):
            parts.append(f'<rect x="{left}" y="{y}" width="{scale(low):.1f}" height="{bar - 3}" fill="{COLOURS[i]}"/>')
            if high > low:
                parts.append(f'<rect x="{left + scale(low):.1f}" y="{y}" width="{scale(high) - scale(low):.1f}" height="{bar - 3}" fill="{COLOURS[i]}" opacity="0.45"/>')
            shown = f'{low:,}' if low == high else f'{low:,}–{high:,}'
            parts.append(text(left + scale(high) + 6, y + bar - 5, shown, size=11))
            y += bar
        y += gap
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{y}" viewBox="0 0 720 {y}" font-family="sans-serif" role="img">\n'
            f'<title>{title}</title>\n<rect width="720" height="{y}" fill="white"/>\n' + '\n'.join(parts) + '\n</svg>\n')


for name, chart in CHARTS.items():
    with open(os.path.join(FOLDER, name + '.svg'), 'w', encoding='utf-8') as file:
        file.write(draw(*chart))
