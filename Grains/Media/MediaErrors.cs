namespace SoonShop.Media;

/// <summary>Errors about uploaded images.</summary>
public static class MediaErrors
{
    /// <summary>The image does not exist.</summary>
    public static Error Unknown(string id) => Error.NotFound("not-found.media", $"The image {id} was not found.");

    /// <summary>The image is being removed.</summary>
    public static Error Removing { get; } = Error.Of(
        ErrorCode.Conflict, "error.media-removing", "The image is being removed. Upload it again in some minutes.")
        .WithRetryAfter(TimeSpan.FromMinutes(1));

    /// <summary>A product or a product group has the image, or is about to get it.</summary>
    public static Error Used { get; } = Error.Of(
        ErrorCode.Conflict, "error.media-used",
        "A product or a product group has the image, or had it a minute ago. Remove it there first.");
}
