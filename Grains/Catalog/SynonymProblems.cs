namespace SoonShop.Catalog;

/// <summary>Checks a set of synonyms by itself.</summary>
internal static class SynonymProblems
{
    /// <summary>Returns what is wrong, by field.</summary>
    /// <param name="set">The set.</param>
    /// <param name="keys">The search's key of each term.</param>
    public static Dictionary<string, ErrorText[]> Of(SynonymSet set, IReadOnlyDictionary<string, string> keys)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        if (!Slug.IsValid(set.Id))
            errors["id"] = [ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -")];
        if (set.Terms.IsEmpty == (set.From.IsEmpty && set.To.IsEmpty))
        {
            errors["terms"] = [ErrorText.Of("field.synonyms-kind", "must be given, or else from and to")];
            return errors;
        }
        Check("terms", set.Terms);
        Check("from", set.From);
        Check("to", set.To);
        if (set.Terms.Length == 1)
            errors.TryAdd("terms", [ErrorText.Of("field.synonyms-few", "must have at least 2 terms")]);
        if (set.Terms.IsEmpty)
        {
            if (set.From.IsEmpty)
                errors["from"] = [NoTerm];
            if (set.To.IsEmpty)
                errors["to"] = [NoTerm];
            if (set.From.Length + set.To.Length > SynonymSet.MaxTerms)
                errors.TryAdd("to", [TooMany]);
            else if (errors.Count == 0 && set.To.FirstOrDefault(t => set.From.Any(f => keys[f] == keys[t])) is { } repeated)
                errors["to"] = [ErrorText.Of("field.synonym-repeated", $"has {repeated}, which is in from already")];
        }
        return errors;

        void Check(string field, ImmutableArray<string> terms)
        {
            if (terms.Length > SynonymSet.MaxTerms)
                errors[field] = [TooMany];
            else if (!terms.All(IsTerm))
                errors[field] = [SynonymSet.BadTerms];
            else if (terms.GroupBy(t => keys[t]).FirstOrDefault(g => g.Count() > 1) is { } same)
                errors[field] = [Same(same.First(), same.Skip(1).First())];
        }

        bool IsTerm(string term) =>
            term is { Length: >= 1 and <= SynonymSet.MaxTermLength } && Text.IsLine(term)
            && keys.GetValueOrDefault(term) is { Length: > 0 };
    }

    private static ErrorText Same(string one, string other) =>
        ErrorText.Of("field.synonyms-same", $"has {one} and {other}, which the search cannot tell apart");

    private static ErrorText NoTerm => ErrorText.Of("field.synonyms-none", "must have at least 1 term");

    private static ErrorText TooMany => ErrorText.Of("field.synonyms-many", $"must have at most {SynonymSet.MaxTerms} terms in all");
}
