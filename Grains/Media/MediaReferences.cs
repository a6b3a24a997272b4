namespace SoonShop.Media;

/// <summary>Checks that products and product groups refer to images that exist.</summary>
internal static class MediaReferences
{
    /// <summary>
    /// Returns the error for URLs of images that are not stored; null when all are. A URL that was there before is not checked, so that a
    /// product can always be written as it was read.
    /// </summary>
    /// <param name="records">The uploaded images.</param>
    /// <param name="field">The field that the error names, such as <c>images</c>.</param>
    /// <param name="urls">The new URLs.</param>
    /// <param name="before">The URLs that were there before.</param>
    public static async Task<Error?> CheckAsync(
        IMediaRecords records, string field, IReadOnlyList<string> urls, IReadOnlyCollection<string> before)
    {
        var missing = await FindMissingAsync(records, urls.Except(before));
        return missing.Count == 0 ? null : Error.Invalid(field, TextOf(urls.First(missing.Contains)));
    }

    /// <summary>
    /// Returns the URLs of images that are not stored. The others are kept for a minute, for whoever is about to use them.
    /// </summary>
    public static async Task<IReadOnlySet<string>> FindMissingAsync(IMediaRecords records, IEnumerable<string> urls)
    {
        var wanted = urls.Distinct().Select(url => (Url: url, Id: MediaUrl.OfPath(url)?.ToString())).Where(u => u.Id is not null).ToList();
        if (wanted.Count == 0)
            return ImmutableHashSet<string>.Empty;
        var stored = (await records.UseAsync([.. wanted.Select(u => u.Id!).Distinct()])).ToHashSet();
        return wanted.Where(u => !stored.Contains(u.Id!)).Select(u => u.Url).ToHashSet();
    }

    /// <summary>Returns the error text for a URL of an image that is not stored.</summary>
    public static ErrorText TextOf(string url) =>
        ErrorText.Of("field.media-unknown", $"must be images that are uploaded; {MediaUrl.OfPath(url)} is not");
}
