namespace SoonShop.Tests.Search.Quality;

/// <summary>
/// A query, and how well each product answers it. The grades follow from what a product is, never from what an engine returns.
/// </summary>
/// <param name="Kind">What the query tests, such as <c>typos</c>.</param>
/// <param name="Text">What the shopper types.</param>
/// <param name="Grade">0 for no answer, 1 for something near, <see cref="Best"/> for what is meant.</param>
internal sealed record LabelledQuery(string Kind, string Text, Func<ProductTraits, int> Grade)
{
    public const int Best = 3;

    /// <summary>How many results are judged.</summary>
    public const int Depth = 10;

    /// <summary>Judges the first results.</summary>
    /// <param name="found">The products' numbers, best first.</param>
    /// <param name="size">The size of the catalogue.</param>
    public Judgement Judge(IReadOnlyList<int> found, int size)
    {
        var (best, near) = (0, 0);
        for (var number = 0; number < size && best < Depth; number++)
        {
            var grade = Grade(GeneratedCatalog.Traits(number));
            best += grade == Best ? 1 : 0;
            near += grade is > 0 and < Best ? 1 : 0;
        }
        if (best == 0)
            throw new InvalidOperationException($"Nothing answers the query '{Text}'.");
        var ideal = Enumerable.Repeat(Best, best).Concat(Enumerable.Repeat(1, near)).Take(Depth);
        var grades = found.Take(Depth).Select(n => Grade(GeneratedCatalog.Traits(n))).ToArray();
        return new Judgement(Gain(grades) / Gain(ideal), (double)grades.Count(g => g == Best) / best, found.Count == 0);
    }

    private static double Gain(IEnumerable<int> grades) =>
        grades.Select((grade, place) => (Math.Pow(2, grade) - 1) / Math.Log2(place + 2)).Sum();
}

/// <summary>How good an answer is.</summary>
/// <param name="Ndcg">Normalised discounted cumulative gain of the first ten, 0–1.</param>
/// <param name="Recall">The products that are meant, among the first ten; of all that could stand there, 0–1.</param>
/// <param name="IsEmpty">True when nothing was found.</param>
internal readonly record struct Judgement(double Ndcg, double Recall, bool IsEmpty);
