using System.Globalization;
using System.Text;

namespace SoonShop;

/// <summary>
/// Normalization Forms C and KC (Unicode Standard Annex #15). <see cref="string.Normalize()"/> needs ICU and returns text unchanged in
/// invariant globalization mode, which this project uses.
/// </summary>
public static class UnicodeNormalization
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7, Leads = 19, Vowels = 21, Tails = 28;

    private static readonly Lazy<Data> Table = new(Data.Load);

    /// <summary>
    /// Returns the composed text with marks in canonical order, so that equivalent texts become equal. Broken surrogate pairs stay.
    /// </summary>
    public static string Compose(string text) => Normalize(text, compatible: false);

    /// <summary>
    /// Returns the composed text (NFKC) with compatible characters made equal, too: fullwidth letters become ordinary ones, ligatures
    /// become their letters.
    /// </summary>
    public static string ComposeCompatible(string text) => Normalize(text, compatible: true);

    /// <summary>Returns the text decomposed (NFKD): each letter without its marks, which follow it.</summary>
    public static string DecomposeCompatible(string text) =>
        Ascii.IsValid(text) ? text : Join(Decompose(text, compatible: true, Table.Value));

    private static string Normalize(string text, bool compatible)
    {
        if (Ascii.IsValid(text))
            return text;
        var data = Table.Value;
        return Join(Recompose(Decompose(text, compatible, data), data));
    }

    private static List<(int Point, int Class)> Decompose(string text, bool compatible, Data data)
    {
        var points = new List<(int Point, int Class)>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var point = (int)text[i];
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                point = char.ConvertToUtf32(text[i], text[++i]);
            data.Decompose(point, compatible, points);
        }
        Order(points);
        return points;
    }

    /// <summary>True for compatibility letters, such as fullwidth letters and ligatures, which are another form of other letters.</summary>
    public static bool IsCompatibilityLetter(int point) => Table.Value.IsCompatibility(point);

    /// <summary>Sorts the marks of each letter by their combining class; marks of one class keep their order.</summary>
    private static void Order(List<(int Point, int Class)> points)
    {
        for (var start = 0; start < points.Count;)
        {
            if (points[start].Class == 0)
            {
                start++;
                continue;
            }
            var end = start;
            while (end < points.Count && points[end].Class != 0)
                end++;
            var marks = points[start..end].OrderBy(p => p.Class).ToList();
            for (var i = 0; i < marks.Count; i++)
                points[start + i] = marks[i];
            start = end;
        }
    }

    private static List<(int Point, int Class)> Recompose(List<(int Point, int Class)> points, Data data)
    {
        var result = new List<(int Point, int Class)>(points.Count);
        var starter = -1;
        foreach (var (point, @class) in points)
        {
            // A character between the letter and this mark blocks the composition, unless its class is lower.
            var isBlocked = starter < 0 || (result.Count - 1 > starter && (result[^1].Class >= @class || result[^1].Class == 0));
            if (!isBlocked && data.Compose(result[starter].Point, point) is { } composed)
            {
                result[starter] = (composed, 0);
                continue;
            }
            if (@class == 0)
                starter = result.Count;
            result.Add((point, @class));
        }
        return result;
    }

    private static string Join(List<(int Point, int Class)> points)
    {
        var text = new StringBuilder(points.Count);
        foreach (var (point, _) in points)
        {
            if (point > char.MaxValue)
                text.Append(char.ConvertFromUtf32(point));
            else
                text.Append((char)point);
        }
        return text.ToString();
    }

    /// <summary>The content of <c>unicode-normalization.txt</c>.</summary>
    private sealed class Data
    {
        private readonly Dictionary<int, int> classes = [];
        private readonly Dictionary<int, int[]> decompositions = [];
        private readonly Dictionary<(int, int), int> compositions = [];
        private readonly HashSet<int> compatibility = [];
        private readonly Dictionary<int, int[]> compatibleForms = [];

        public static Data Load()
        {
            var data = new Data();
            using var file = new StreamReader(
                typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("SoonShop.unicode-normalization.txt")!);
            while (file.ReadLine() is { } line)
            {
                if (line.StartsWith('='))
                    data.AddRange(line[1..].Split('-'));
                else if (line.StartsWith('~'))
                    data.AddCompatibleForm(line[1..].Split(';'));
                else if (!line.StartsWith('#'))
                    data.AddPoint(line.Split(';'));
            }
            return data;
        }

        public bool IsCompatibility(int point) => compatibility.Contains(point);

        public void Decompose(int point, bool compatible, List<(int Point, int Class)> into)
        {
            if (point - HangulBase is >= 0 and < Leads * Vowels * Tails and var syllable)
            {
                into.Add((LeadBase + syllable / (Vowels * Tails), 0));
                into.Add((VowelBase + syllable % (Vowels * Tails) / Tails, 0));
                if (syllable % Tails != 0)
                    into.Add((TailBase + syllable % Tails, 0));
            }
            else if (decompositions.TryGetValue(point, out var parts) || (compatible && compatibleForms.TryGetValue(point, out parts)))
            {
                foreach (var part in parts)
                    Decompose(part, compatible, into);
            }
            else
            {
                into.Add((point, classes.GetValueOrDefault(point)));
            }
        }

        public int? Compose(int first, int second)
        {
            if (first - LeadBase is >= 0 and < Leads and var lead && second - VowelBase is >= 0 and < Vowels and var vowel)
                return HangulBase + (lead * Vowels + vowel) * Tails;
            if (first - HangulBase is >= 0 and < Leads * Vowels * Tails and var syllable
                && syllable % Tails == 0
                && second - TailBase is > 0 and < Tails and var tail)
                return first + tail;
            return compositions.TryGetValue((first, second), out var composed) ? composed : null;
        }

        private void AddPoint(string[] fields)
        {
            var (point, @class) = (Hex(fields[0]), int.Parse(fields[1], CultureInfo.InvariantCulture));
            if (@class != 0)
                classes[point] = @class;
            if (fields[2].Length == 0)
                return;
            int[] parts = [.. fields[2].Split(' ').Select(Hex)];
            decompositions[point] = parts;
            if (parts.Length == 2 && fields[3].Length == 0)
                compositions[(parts[0], parts[1])] = point;
        }

        private void AddCompatibleForm(string[] fields) => compatibleForms[Hex(fields[0])] = [.. fields[1].Split(' ').Select(Hex)];

        private void AddRange(string[] ends)
        {
            for (var point = Hex(ends[0]); point <= Hex(ends[1]); point++)
                compatibility.Add(point);
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
