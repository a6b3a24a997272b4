using System.Text;
using CsCheck;

namespace SoonShop.Tests.Search;

/// <summary>Names that products have all over the world, and typing errors in them.</summary>
internal static class Names
{
    private static readonly string[] Alphabets =
    [
        "abcdefghijklmnoprstuvwyz", "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿœæßđłşğő", "абвгдежзийклмнопрстуфхцчшщыэюяёії",
        "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώς", "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآ", "אבגדהוזחטיכלמנסעפצקרשת",
        "कखगघचछजझटठडढतथदधनपफबभमयरलवशसहािीुूेैोौं्", "கஙசஞடணதநபமயரலவழளறனாிீுூெேைொோௌ்", "กขคงจฉชซญดตถทนบปผฝพฟภมยรลวศสหอะาิีึืุูเแโใไ่้",
        "ກຂຄງຈຊຍດຕຖທນບປຜຝພຟມຢຣລວສຫອຮາິີຶືຸູ", "កខគឃងចឆជឈញដឋឌណតថទធនបផពភមយរលវសហអាិីុូេ", "手工烘焙有机咖啡豆绿茶杯子大小红白黑金木石水火电脑书包",
        "あいうえおかきくけこさしすせそがぎぐげござパピプペポアイウエオー", "가나다라마바사아자차카타파하국물컵책상의자", "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
        "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ", "አበገደሀወዘሐጠየከለመነሰዐፈጸቀረሸተቸኀነኘ", "ঀকখগঘঙচছজঝটঠডঢণতথদধনপফবভমযরলশষসহািী",
    ];

    private static readonly string[] Specials =
    [
        "1.5L", "3.5mm", "1 kg", "500g", "1kg", "Wi-Fi", "C++", "C#", "Node.js", "+5 °C", "-7 °C", "UK 3-5", "&", "\"Best\"", "Levi's",
        "10,000 mAh", "½", "Kettle™", "☕", "👍🏽", "🇩🇪", "A4/A5", "100%", "$5", "€20", "#1", "(new)", "Ⅷ", "№5", "ﬁne", "Straße",
        "İstanbul", "ΟΔΟΣ", "e\u0301clair", "שָׁלוֹם", "قَهْوَة", "e-mail@home", "x_y", "50×70", "2x4", "M6", "USB-C", "Ｗｉｄｅ", "㎏",
        "咖啡bean", "Tシャツ", "T-shirt", "–", "!", "don’t", "l'eau",
        "A", "the", "of", "12\"", "5'", "\\", "1/2", "3.14159", "0.5", "v2.0.1", "R&D", "naïve", "日本語123", "𠮷野家", "•", "½ pint", "C++20",
    ];

    private static readonly Gen<string> Word =
        from alphabet in Gen.OneOf(Alphabets)
        from letters in Gen.OneOf(alphabet.EnumerateRunes().Select(r => r.ToString()).ToArray()).Array[1, 9]
        from upper in Gen.Bool
        select upper ? string.Concat(letters).ToUpperInvariant() : string.Concat(letters);

    /// <summary>Up to six words, of letters or of what stands on labels, with what stands between words.</summary>
    public static readonly Gen<string> Any =
        from words in Gen.Frequency((2, Word), (1, Gen.OneOf(Specials))).Array[1, 6]
        from gaps in Gen.OneOf(" ", " ", " ", ", ", "-", " / ").Array[6]
        select string.Concat(words.Zip(gaps, (word, gap) => word + gap))[..^gaps[words.Length - 1].Length];

    /// <summary>What stands between blanks.</summary>
    public static string[] WordsOf(string name) => name.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The words of which one letter that is wrong leaves enough: those of five letters or more.</summary>
    public static string[] LongWordsOf(string name) => [.. WordsOf(name).Where(w => w.EnumerateRunes().Count(Rune.IsLetter) >= 5)];

    /// <summary>The name with each of its long words mistyped once, in each of four ways at a place by chance.</summary>
    public static IEnumerable<string> Mistyped(string name, Random chance) => Mistyped(name, LongWordsOf(name), chance);

    /// <summary>The same of some of its words only.</summary>
    public static IEnumerable<string> Mistyped(string name, string[] wanted, Random chance)
    {
        var words = WordsOf(name);
        for (var i = 0; i < words.Length; i++)
        {
            var runes = words[i].EnumerateRunes().ToArray();
            if (!wanted.Contains(words[i]))
                continue;
            foreach (var wrong in Mistyped(runes, chance))
                yield return string.Join(' ', [.. words[..i], wrong, .. words[(i + 1)..]]);
        }
    }

    private static IEnumerable<string> Mistyped(Rune[] word, Random chance)
    {
        var letters = Enumerable.Range(0, word.Length).Where(i => Rune.IsLetter(word[i])).ToArray();
        var at = letters[chance.Next(letters.Length)];
        var other = word[letters[chance.Next(letters.Length)]];
        yield return Text([.. word[..at], .. word[(at + 1)..]]);
        yield return Text([.. word[..at], other, .. word[at..]]);
        yield return Text([.. word[..at], other, .. word[(at + 1)..]]);
        if (at + 1 < word.Length && Rune.IsLetter(word[at + 1]))
            yield return Text([.. word[..at], word[at + 1], word[at], .. word[(at + 2)..]]);
    }

    private static string Text(IEnumerable<Rune> runes) => string.Concat(runes);
}
