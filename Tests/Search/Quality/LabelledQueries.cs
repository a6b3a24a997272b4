using static SoonShop.Tests.Search.Quality.GeneratedCatalog;

namespace SoonShop.Tests.Search.Quality;

/// <summary>The queries that engines are compared by, for a catalogue of some size.</summary>
internal static class LabelledQueries
{
    public const string Chinese = "Chinese", Apart = "Chinese, words apart";

    private const int OfEachKind = 30;
    private const string Neighbours = "qwertyuiop asdfghjkl zxcvbnm";

    /// <summary>All queries. Each is about a product that exists.</summary>
    public static IReadOnlyList<LabelledQuery> For(int size)
    {
        var queries = new List<LabelledQuery>();
        void Add(string kind, Func<ProductTraits, bool> suits, Func<ProductTraits, int, (string? Text, Func<ProductTraits, int> Grade)> ask)
        {
            var texts = new HashSet<string>();
            for (var n = 0; n < 40 * OfEachKind && texts.Count < OfEachKind; n++)
            {
                var meant = Traits(Part(Mix((ulong)(kind.Length * 7919 + kind[0])), n, size));
                if (suits(meant) && ask(meant, n) is ({ } text, var grade) && texts.Add(text))
                    queries.Add(new LabelledQuery(kind, text, grade));
            }
        }
        static bool English(ProductTraits p) => p is { IsChinese: false, IsAccessory: false };
        static bool IsChinese(ProductTraits p) => p is { IsChinese: true, IsAccessory: false };

        Add("plain", English, (p, n) => (n % 4) switch
        {
            0 => (p.Type.Name.ToLowerInvariant(), Same(p)),
            1 => ($"{Brand(p)} {p.Type.Name}", Same(p, brand: true)),
            2 => ($"{Colour(p)} {p.Type.Name}".ToLowerInvariant(), Same(p, colour: true)),
            _ => ($"{Brand(p)} {Series(p)}", SameSeries(p)),
        });
        Add("stems", English, (p, _) => (p.Type.Other, Same(p)));
        Add("dropped letter", English, (p, n) => (Mistyped(p, n, (w, at) => w.Remove(at, 1)), Same(p)));
        Add("swapped letters", English, (p, n) => (Mistyped(p, n, (w, at) =>
            w[at] == w[at - 1] ? null : $"{w[..(at - 1)]}{w[at]}{w[at - 1]}{w[(at + 1)..]}"), Same(p)));
        Add("doubled letter", English, (p, n) => (Mistyped(p, n, (w, at) => w.Insert(at, w[at].ToString())), Same(p)));
        Add("neighbouring key", English, (p, n) => (Mistyped(p, n, (w, at) =>
            Neighbour(w[at]) is { } key ? w.Remove(at, 1).Insert(at, key.ToString()) : null), Same(p)));
        Add("mistyped brand", p => English(p) && !Brand(p).Any(c => c > 127), (p, n) =>
            ($"{Brand(p)[..3]}{Brand(p)[4..]} {p.Type.Name}".ToLowerInvariant(), Same(p, brand: true)));
        Add("split and joined", p => English(p) && p.Type.Respelt is not null, (p, n) =>
            n % 2 == 0 ? (p.Type.Respelt!, Same(p)) : ($"{Colour(p).ToLowerInvariant()} {p.Type.Respelt}", Same(p, colour: true)));
        Add("accents", p => English(p) && Brand(p).Any(c => c > 127), (p, _) =>
            ($"{Brand(p).Replace('ö', 'o').Replace('ü', 'u').Replace('é', 'e')} {p.Type.Name}", Same(p, brand: true)));
        Add("units", p => !p.IsAccessory && p.Size.Length > 0, (p, n) =>
        {
            var number = p.Size[..^p.Type.Unit.Length];
            var size = (n % 4) switch
            {
                0 => p.Size,
                1 => $"{number} {p.Type.Unit}",
                2 => p.Size.ToLowerInvariant(),
                _ => number.Replace('.', ',') + p.Type.Unit,
            };
            return ($"{(p.IsChinese ? p.Type.Chinese : p.Type.Name.ToLowerInvariant())} {size}", Same(p, size: true));
        });
        Add("SKU", _ => true, (p, n) => ((n % 3) switch
        {
            0 => SkuOf(p.Number),
            1 => SkuOf(p.Number).ToLowerInvariant(),
            _ => SkuOf(p.Number).Replace("-", ""),
        }, q => q.Number == p.Number ? LabelledQuery.Best : 0));
        Add("exact name", _ => true, (p, _) =>
            (NameOf(p), q => q == p with { Number = q.Number, Material = q.Material } ? LabelledQuery.Best : 0));
        Add("filter words", English, (p, _) =>
            ($"{Material(p)} {p.Type.Name} {Colour(p)}".ToLowerInvariant(), Same(p, colour: true, material: true)));
        Add(Chinese, IsChinese, (p, n) => (n % 4) switch
        {
            0 => (p.Type.ChineseInside, Same(p)),
            1 => (p.Type.Chinese, Same(p)),
            2 => ($"{Brand(p)} {p.Type.ChineseInside}", Same(p, brand: true)),
            _ => ($"{Colour(p)} {p.Type.Chinese}", Same(p, colour: true)),
        });
        Add(Apart, IsChinese, (p, n) => n % 2 == 0
            ? ($"{Colour(p)}{p.Type.ChineseInside}", Same(p, colour: true))
            : ($"{Brand(p)}{p.Type.Chinese}", Same(p, brand: true)));
        return queries;
    }

    /// <summary>Products of the kind are meant; what goes with them is near. Both must have what else the query names.</summary>
    private static Func<ProductTraits, int> Same(
        ProductTraits p, bool brand = false, bool colour = false, bool size = false, bool material = false) => q =>
        q.IsChinese == p.IsChinese && q.Type == p.Type && (!brand || q.Brand == p.Brand) && (!colour || q.Colour == p.Colour)
        && (!size || q.Size == p.Size) && (!material || q.Material == p.Material) ? q.IsAccessory ? 1 : LabelledQuery.Best : 0;

    private static Func<ProductTraits, int> SameSeries(ProductTraits p) => q =>
        q.IsChinese == p.IsChinese && q.Brand == p.Brand && q.Series == p.Series ? LabelledQuery.Best : 0;

    /// <summary>The kind's name, wrong at one place of its longest word, which is not the first letter.</summary>
    private static string? Mistyped(ProductTraits p, int n, Func<string, int, string?> change)
    {
        var words = p.Type.Name.ToLowerInvariant().Split(' ');
        var longest = words.MaxBy(w => w.Length)!;
        if (longest.Length < 4 || longest.Contains('-'))
            return null;
        var wrong = change(longest, 1 + Part(Mix((ulong)n), 3, longest.Length - 1));
        return wrong is null ? null : string.Join(' ', words.Select(w => w == longest ? wrong : w));
    }

    private static char? Neighbour(char letter)
    {
        var at = Neighbours.IndexOf(letter);
        return at < 0 ? null : Neighbours[at + 1 < Neighbours.Length && Neighbours[at + 1] != ' ' ? at + 1 : at - 1];
    }
}
