namespace SoonShop.Catalog;

/// <summary>The content of a group that nobody has entered: it follows from its variants.</summary>
public static class DerivedGroup
{
    /// <summary>A common beginning of names that is shorter than this says nothing.</summary>
    private const int MinCommonName = 3;

    /// <summary>Returns the content.</summary>
    /// <param name="variants">The variants, at least one.</param>
    public static ProductGroupContent Of(ImmutableArray<Product> variants)
    {
        var first = variants[0];
        return new ProductGroupContent
        {
            Name = CommonName([.. variants.Select(v => v.Name)]),
            DescriptionHtml = System.Net.WebUtility.HtmlEncode(first.Description),
            Brand = first.Attributes.GetValueOrDefault("brand"),
            Options = first.Options.IsEmpty ? Differences(variants) : [.. first.Options.Select(o => o.Name)],
            Media = [.. variants.SelectMany(v => v.Media).DistinctBy(m => m.Url)],
        };
    }

    /// <summary>Returns the words with which all names begin; the first name when there are none.</summary>
    private static string CommonName(ImmutableArray<string> names)
    {
        if (names.Length == 1)
            return names[0];
        var length = 0;
        while (length < names[0].Length && names.All(n => n.Length > length && n[length] == names[0][length]))
            length++;
        // A word that only begins alike is not common.
        if (names.Any(n => n.Length > length && char.IsLetterOrDigit(n[length])))
        {
            while (length > 0 && char.IsLetterOrDigit(names[0][length - 1]))
                length--;
        }
        var common = names[0][..length].TrimEnd(' ', ',', '-', '–', '(', '/', ':', ';');
        return common.Length < MinCommonName ? names[0] : common;
    }

    /// <summary>Returns the names of the attributes that all variants have, with different values.</summary>
    private static ImmutableArray<string> Differences(ImmutableArray<Product> variants) =>
    [
        .. variants[0].Attributes.Keys
            .Where(name =>
                variants.All(v => v.Attributes.ContainsKey(name)) && variants.Select(v => v.Attributes[name]).Distinct().Count() > 1)
            .Take(ProductGroupState.MaxOptions),
    ];
}
