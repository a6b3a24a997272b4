using System.Globalization;
using Lucene.Net.Analysis;
using Lucene.Net.Analysis.Cjk;
using Lucene.Net.Analysis.Core;
using Lucene.Net.Analysis.En;
using Lucene.Net.Analysis.Miscellaneous;
using Lucene.Net.Analysis.Standard;
using Lucene.Net.Analysis.TokenAttributes;
using Lucene.Net.Documents;
using Lucene.Net.Index;
using Lucene.Net.Search;
using Lucene.Net.Store;
using Lucene.Net.Util;

namespace SoonShop.Tests.Search.Quality;

/// <summary>
/// The generated catalogue in Lucene, set up as a shop would: English stems, bigrams for Chinese, accents folded, parts of words beside the
/// whole, weighted fields, and a second search that tolerates typing errors. A third one lets words be missing.
/// </summary>
internal sealed class LuceneSearch : IDisposable
{
    private const LuceneVersion Version = LuceneVersion.LUCENE_48;
    private const string Key = "number";

    /// <summary>The fields that are searched, with their weights.</summary>
    private static readonly (string Name, float Boost)[] Fields =
        [("name", 3), ("name-parts", 2), ("sku-parts", 5), ("category", 1.5f), ("attributes", 1), ("description", 0.3f)];

    private readonly RAMDirectory directory = new();
    private readonly Analyzer words = Analyzer.NewAnonymous((_, reader) =>
    {
        var source = new StandardTokenizer(Version, reader);
        TokenStream tokens = new CJKWidthFilter(new EnglishPossessiveFilter(Version, source));
        tokens = new ASCIIFoldingFilter(new LowerCaseFilter(Version, tokens));
        tokens = new StopFilter(Version, new CJKBigramFilter(tokens), StandardAnalyzer.STOP_WORDS_SET);
        return new TokenStreamComponents(source, new PorterStemFilter(tokens));
    });

    private readonly Analyzer parts = Analyzer.NewAnonymous((_, reader) =>
    {
        var source = new WhitespaceTokenizer(Version, reader);
        var split = new WordDelimiterFilter(Version, source, WordDelimiterFlags.PRESERVE_ORIGINAL | WordDelimiterFlags.CATENATE_ALL, null);
        return new TokenStreamComponents(source, new ASCIIFoldingFilter(new LowerCaseFilter(Version, split)));
    });

    private readonly PerFieldAnalyzerWrapper analyzer;
    private readonly DirectoryReader reader;
    private readonly IndexSearcher searcher;

    public LuceneSearch(int size)
    {
        analyzer = new PerFieldAnalyzerWrapper(words, new Dictionary<string, Analyzer> { ["name-parts"] = parts, ["sku-parts"] = parts });
        using (var writer = new IndexWriter(directory, new IndexWriterConfig(Version, analyzer)))
        {
            for (var number = 0; number < size; number++)
                writer.AddDocument(DocumentOf(GeneratedCatalog.Traits(number)));
            writer.Commit();
        }
        reader = DirectoryReader.Open(directory);
        searcher = new IndexSearcher(reader);
    }

    /// <summary>Returns the numbers of the first products, best first.</summary>
    public int[] Find(string text)
    {
        var found = Find(text, BoundedFuzziness.None, Occur.MUST);
        if (found.Length == 0)
            found = Find(text, BoundedFuzziness.ByLength, Occur.MUST);
        return found.Length > 0 ? found : Find(text, BoundedFuzziness.ByLength, Occur.SHOULD);
    }

    private int[] Find(string text, BoundedFuzziness fuzziness, Occur occur)
    {
        var all = new BooleanQuery();
        foreach (var chunk in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var any = new DisjunctionMaxQuery(0.1f);
            foreach (var (field, boost) in Fields)
            {
                if (QueryOf(field, chunk, fuzziness, occur) is { } query)
                {
                    query.Boost = boost;
                    any.Add(query);
                }
            }
            if (any.Disjuncts.Count > 0)
                all.Add(any, occur);
        }
        return [.. searcher.Search(all, LabelledQuery.Depth).ScoreDocs
            .Select(d => int.Parse(searcher.Doc(d.Doc).Get(Key, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))];
    }

    private Query? QueryOf(string field, string chunk, BoundedFuzziness fuzziness, Occur occur)
    {
        var terms = Terms(field, chunk);
        if (terms.Count == 0)
            return null;
        if (field.EndsWith("-parts", StringComparison.Ordinal))
        {
            // The whole and what is written together mean the same.
            var same = new BooleanQuery();
            foreach (var term in terms)
                same.Add(Single(field, term, fuzziness), Occur.SHOULD);
            return same;
        }
        if (terms.Count == 1)
            return Single(field, terms[0], fuzziness);
        if (occur == Occur.SHOULD)
        {
            var some = new BooleanQuery();
            foreach (var term in terms)
                some.Add(Single(field, term, fuzziness), Occur.SHOULD);
            return some;
        }
        var phrase = new PhraseQuery();
        foreach (var term in terms)
            phrase.Add(new Term(field, term));
        return phrase;
    }

    /// <summary>
    /// One typing error in words of three characters or more, two in those of six or more, as Elasticsearch's <c>AUTO</c>.
    /// </summary>
    private static Query Single(string field, string term, BoundedFuzziness fuzziness) =>
        fuzziness == BoundedFuzziness.None || term.Length < 3 || term[0] > 127
            ? new TermQuery(new Term(field, term))
            : new FuzzyQuery(new Term(field, term), term.Length < 6 ? 1 : 2, 1, 50, true);

    private List<string> Terms(string field, string chunk)
    {
        var terms = new List<string>();
        using var tokens = analyzer.GetTokenStream(field, chunk);
        var term = tokens.GetAttribute<ICharTermAttribute>();
        tokens.Reset();
        while (tokens.IncrementToken())
            terms.Add(term.ToString());
        tokens.End();
        return terms;
    }

    private static Document DocumentOf(ProductTraits traits)
    {
        var content = GeneratedCatalog.ContentOf(traits);
        return
        [
            new StoredField(Key, traits.Number.ToString(CultureInfo.InvariantCulture)),
            new TextField("name", content.Name, Field.Store.NO),
            new TextField("name-parts", content.Name, Field.Store.NO),
            new TextField("sku-parts", GeneratedCatalog.SkuOf(traits.Number), Field.Store.NO),
            new TextField("category", content.Category.Replace('/', ' '), Field.Store.NO),
            new TextField("attributes", string.Join(' ', content.Attributes.Values), Field.Store.NO),
            new TextField("description", content.Description, Field.Store.NO),
        ];
    }

    public void Dispose()
    {
        reader.Dispose();
        directory.Dispose();
        analyzer.Dispose();
        words.Dispose();
        parts.Dispose();
    }

    private enum BoundedFuzziness { None, ByLength }
}
