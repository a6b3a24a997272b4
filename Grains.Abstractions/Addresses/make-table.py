#!/usr/bin/env python3
"""Makes address-table.json, which the shop's programs carry, from published tables.

    python3 make-table.py ADDRESSING LIBADDRESSINPUT ISO3166 > address-table.json

ADDRESSING       a checkout of github.com/commerceguys/addressing (MIT): the form of postal codes, the regions
LIBADDRESSINPUT  a checkout of github.com/google/libaddressinput (data: CC BY 4.0): which parts an address must have, examples of postal codes
ISO3166          the unpacked npm package iso-3166 (MIT): the officially assigned codes of ISO 3166-1

Where an example of libaddressinput does not fit the form of the first table, its shape is allowed too: the newer form of a country that
changed its postal codes. SOURCES says which versions the checked-in table was made from; change it with the table.
"""
import json
import pathlib
import re
import sys

SOURCES = [
    "commerceguys/addressing at e90fe20, 2026-04-15, MIT",
    "google/libaddressinput at e20690c, 2025-06-12, data CC BY 4.0",
    "npm iso-3166 4.4.0, MIT",
]
# As libaddressinput does for countries of which it says nothing else: the street and the town.
REQUIRED_ANYWHERE = "AC"


def postal_codes(php):
    """Form and prefix of each country's postal codes, from PHP source that is all literals."""
    found = {}
    for country, body in re.findall(r"^            '([A-Z]{2})' => \[\n(.*?)^            \],$", php, re.S | re.M):
        found[country] = [
            next(iter(re.findall(rf"'postal_code_{key}' => '((?:[^'\\]|\\.)*)'", body)), None) for key in ("pattern", "prefix")
        ]
    return found


def formats(cc):
    """The format of each country's addresses, from a C++ source that is all raw strings of JSON."""
    return {
        country: json.loads("{" + "".join(re.findall(r'R"\((.*?)\)"', body, re.S)) + "}")
        for country, body in re.findall(r'\{"([A-Z]{2})", "\{"(.*?)"\}"\}', cc, re.S)
    }


def shape(code):
    """The form of a code like this one: the same letters and separators, any digits."""
    return re.sub(r"(\\d)+", lambda run: rf"\d{{{len(run.group()) // 2}}}", re.sub(r"\d", r"\\d", code))


def regions(file):
    """Groups of names for one region each; the first is how it is written. A name in the country's own script stays in it."""
    if not file.exists():
        return []
    groups = []
    for key, region in json.loads(file.read_text("utf-8"))["subdivisions"].items():
        # PHP writes an empty map as a list: a region that says no more than its key.
        region = {"name": key, **(region or {})}
        groups.append(list(dict.fromkeys([region.get("code", region["name"]), key, region["name"]])))
        if "local_name" in region:
            groups.append(list(dict.fromkeys([region.get("local_code", region["local_name"]), region["local_name"]])))
    return groups


def main(addressing, libaddressinput, iso3166):
    postal = postal_codes((addressing / "src/AddressFormat/AddressFormatRepository.php").read_text("utf-8"))
    known = formats((libaddressinput / "cpp/src/region_data_constants.cc").read_text("utf-8"))
    codes = sorted(re.findall(r"alpha2: '([A-Z]{2})'", (iso3166 / "1.js").read_text("utf-8")))
    countries = {}
    for code in codes:
        data = known.get(code, {})
        country = {"required": "".join(sorted(data.get("require", REQUIRED_ANYWHERE)))}
        pattern, prefix = postal.get(code, [None, None])
        # A few examples are ranges, "100:199": the ends of one are codes.
        examples = [e for e in re.split("[,:]", data.get("zipex", "")) if e]
        others = sorted({shape(e) for e in examples if pattern is None or not re.fullmatch(pattern, e, re.A)})
        if pattern or others:
            country["postalCode"] = "|".join([p for p in [pattern, *others] if p])
        if examples:
            country["examples"] = examples
        if prefix:
            country["prefix"] = prefix
        if (groups := regions(addressing / f"resources/subdivision/{code}.json")) and "%S" in data.get("fmt", ""):
            country["regions"] = groups
        countries[code] = country
    lines = ",\n".join(f'    "{c}": {json.dumps(v, ensure_ascii=False)}' for c, v in countries.items())
    print(f'{{\n  "sources": {json.dumps(SOURCES)},\n  "countries": {{\n{lines}\n  }}\n}}')


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*map(pathlib.Path, sys.argv[1:]))
