using System.Globalization;

namespace SoonShop.Media;

/// <summary>
/// The URL of an uploaded image: <c>/media/{id}/{width}.webp</c>, as the shop stores it, or behind the address under which clients reach
/// the shop or a cache in front of it.
/// </summary>
/// <param name="Base">What precedes the path, such as <c>https://images.example</c>; empty for nothing.</param>
/// <param name="Id">The image.</param>
/// <param name="Width">The width, one of <see cref="MediaId.Widths"/>.</param>
public sealed record MediaUrl(string Base, MediaId Id, int Width)
{
    /// <summary>The path above all images.</summary>
    public const string Root = "/media/";

    private const string Extension = ".webp";

    /// <summary>Returns the path of an image in its largest width.</summary>
    public static string Largest(MediaId id) => PathOf(id, id.Widths[^1]);

    /// <summary>Returns the path of an image in one of its widths.</summary>
    public static string PathOf(MediaId id, int width) => string.Create(CultureInfo.InvariantCulture, $"{Root}{id}/{width}{Extension}");

    /// <summary>Returns the parts of a URL; null when it is not one of an uploaded image.</summary>
    public static MediaUrl? Find(string? url)
    {
        var root = url?.LastIndexOf(Root, StringComparison.Ordinal) ?? -1;
        if (root < 0 || url![(root + Root.Length)..].Split('/') is not [var id, var file]
            || !MediaId.TryParse(id, out var media) || !TryReadWidth(media, file, out var width))
            return null;
        return new MediaUrl(url[..root], media, width);
    }

    /// <summary>Returns the image that the shop stores under a path; null for other texts, also for URLs with a host.</summary>
    public static MediaId? OfPath(string? path) => path?.StartsWith(Root, StringComparison.Ordinal) == true ? Find(path)?.Id : null;

    /// <summary>Reads the width of a file name such as <c>480.webp</c>; false unless the image is served in that width.</summary>
    public static bool TryReadWidth(MediaId id, string file, out int width)
    {
        width = 0;
        if (!file.EndsWith(Extension, StringComparison.Ordinal))
            return false;
        var number = file.AsSpan(0, file.Length - Extension.Length);
        return number.Length is >= 1 and <= 5 && number[0] != '0'
            && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out width) && id.Widths.Contains(width);
    }

    /// <summary>Returns the image in all widths, from the narrowest, for <c>srcset</c>.</summary>
    public ImmutableArray<MediaSource> Sources()
    {
        var id = Id;
        return [.. id.Widths.Select(w => new MediaSource(w, id.HeightOf(w), Base + PathOf(id, w)))];
    }
}

/// <summary>An image in one width.</summary>
/// <param name="Width">The width in pixels.</param>
/// <param name="Height">The height in pixels.</param>
/// <param name="Url">Where it is: an absolute URL or, unless <c>Media:PublicUrl</c> is set, a path of the shop.</param>
public sealed record MediaSource(int Width, int Height, string Url);
