using System.Buffers;
using System.Globalization;
using System.Text;

namespace SoonShop.Media;

/// <summary>
/// The id of an uploaded image. It follows from the uploaded bytes, so the same file has the same id: the version of the processing, a
/// digest, and the size of the upright image in pixels, such as <c>1mzxw6ytb…-1600x1200</c>. What the shop serves for an id never changes.
/// </summary>
public readonly record struct MediaId
{
    /// <summary>The largest width and height, in pixels.</summary>
    public const int MaxSide = 12_000;

    /// <summary>The most characters of an id.</summary>
    public const int MaxLength = 1 + DigestLength + 12;

    /// <summary>The present version of the processing. A new version needs other widths, another quality or another format.</summary>
    private const char Version = '1';

    /// <summary>160 bits of the digest, five a character.</summary>
    private const int DigestLength = 32;

    private const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";

    private static readonly SearchValues<char> Base32Letters = SearchValues.Create(Base32);

    private static readonly int[] Steps = [160, 480, 960, 1920];

    private readonly string text;

    private MediaId(string text, int width, int height) => (this.text, Width, Height) = (text, width, height);

    /// <summary>The width of the upright upload in pixels.</summary>
    public int Width { get; }

    /// <summary>The height of the upright upload in pixels.</summary>
    public int Height { get; }

    /// <summary>The widths in which it is served, from the narrowest; none is wider than the upload.</summary>
    public ImmutableArray<int> Widths
    {
        get
        {
            var width = Width;
            return [.. Steps.Where(s => s < width), .. width <= Steps[^1] ? (int[])[width] : []];
        }
    }

    /// <summary>Returns the height of the image with a width, in pixels.</summary>
    public int HeightOf(int width) => Math.Max(1, (int)Math.Round((double)Height * width / Width, MidpointRounding.AwayFromZero));

    /// <summary>Returns the id of an upload.</summary>
    /// <param name="digest">The SHA-256 digest of its bytes.</param>
    /// <param name="width">The width of the upright image, 1–<see cref="MaxSide"/>.</param>
    /// <param name="height">The height of the upright image, 1–<see cref="MaxSide"/>.</param>
    public static MediaId Of(ReadOnlySpan<byte> digest, int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digest.Length, DigestLength * 5 / 8);
        var text = new StringBuilder(MaxLength).Append(Version);
        var (bits, count) = (0, 0);
        foreach (var value in digest[..(DigestLength * 5 / 8)])
        {
            (bits, count) = ((bits << 8) | value, count + 8);
            for (; count >= 5; count -= 5)
                text.Append(Base32[(bits >> (count - 5)) & 31]);
        }
        text.Append(CultureInfo.InvariantCulture, $"-{width}x{height}");
        return new MediaId(text.ToString(), width, height);
    }

    /// <summary>Reads an id; false for any other text. It does not say whether the image exists.</summary>
    public static bool TryParse(string? text, out MediaId id)
    {
        id = default;
        if (text is null || text.Length is < DigestLength + 5 or > MaxLength || text[0] != Version || text[DigestLength + 1] != '-'
            || text.AsSpan(1, DigestLength).ContainsAnyExcept(Base32Letters))
            return false;
        var size = text.AsSpan(DigestLength + 2);
        var by = size.IndexOf('x');
        if (by < 0 || !TryReadSide(size[..by], out var width) || !TryReadSide(size[(by + 1)..], out var height))
            return false;
        id = new MediaId(text, width, height);
        return true;
    }

    /// <summary>Returns the id as clients see it.</summary>
    public override string ToString() => text ?? "";

    /// <summary>A leading zero is refused: an image has one id.</summary>
    private static bool TryReadSide(ReadOnlySpan<char> text, out int side) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side is >= 1 and <= MaxSide && text[0] != '0';
}
