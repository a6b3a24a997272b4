using SkiaSharp;
using SoonShop.Media;

namespace SoonShop.ApiFrontend.Media;

/// <summary>
/// An image as it was uploaded. Opening it reads only its header, so an image with too many pixels takes no memory. What is encoded from it
/// has its pixels only: upright, in sRGB, without metadata.
/// </summary>
internal sealed class UploadedImage : IDisposable
{
    /// <summary>The quality of WebP, 0–100. Another one needs a new version of <see cref="MediaId"/>.</summary>
    private const int Quality = 82;

    private const string Field = "body";

    private readonly SKData data;
    private readonly SKCodec codec;

    private UploadedImage(SKData data, SKCodec codec) => (this.data, this.codec) = (data, codec);

    /// <summary>The media types that are accepted.</summary>
    public static readonly ImmutableArray<string> ContentTypes = ["image/png", "image/jpeg", "image/webp"];

    /// <summary>The width of the upright image, in pixels.</summary>
    public int Width => IsTurned ? codec.Info.Height : codec.Info.Width;

    /// <summary>The height of the upright image, in pixels.</summary>
    public int Height => IsTurned ? codec.Info.Width : codec.Info.Height;

    /// <summary>True when the camera was held sideways, so that width and height change places.</summary>
    private bool IsTurned => codec.EncodedOrigin >= SKEncodedOrigin.LeftTop;

    private static Error Broken => Error.Invalid(Field, "field.media-broken", "is not a complete image");

    /// <summary>Opens an upload. Error: <c>validation-failed</c>.</summary>
    /// <param name="content">The bytes of the upload.</param>
    /// <param name="contentType">What the client says it is, one of <see cref="ContentTypes"/>.</param>
    /// <param name="maxMegapixels">The most pixels, in millions.</param>
    public static Result<UploadedImage> Open(ReadOnlySpan<byte> content, string contentType, int maxMegapixels)
    {
        if (content.IsEmpty)
            return Broken;
        var data = SKData.CreateCopy(content);
        var codec = SKCodec.Create(data);
        if (codec is null)
        {
            data.Dispose();
            return Broken;
        }
        var image = new UploadedImage(data, codec);
        if (image.Fault(contentType, maxMegapixels) is not { } fault)
            return image;
        image.Dispose();
        return fault;
    }

    /// <summary>Returns the files of the image, the widest first. Error: <c>validation-failed</c> when the image is not complete.</summary>
    public Result<ImmutableArray<EncodedImage>> Encode(MediaId id, CancellationToken cancellation)
    {
        var images = ImmutableArray.CreateBuilder<EncodedImage>();
        SKBitmap? last = null;
        try
        {
            foreach (var width in id.Widths.Reverse())
            {
                cancellation.ThrowIfCancellationRequested();
                var (w, h) = (width, id.HeightOf(width));
                // Each width is made from the next larger one, the largest from the upload.
                var next = last is null ? Decode(w, h) : Scale(last, w, h);
                if (next is null)
                    return Broken;
                last?.Dispose();
                last = next;
                using var pixels = last.PeekPixels();
                using var file = pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossy, Quality))
                    ?? throw new InvalidOperationException("The image could not be encoded.");
                images.Add(new EncodedImage(width, file.ToArray()));
            }
        }
        finally
        {
            last?.Dispose();
        }
        return images.ToImmutable();
    }

    public void Dispose()
    {
        codec.Dispose();
        data.Dispose();
    }

    private Error? Fault(string contentType, int maxMegapixels)
    {
        var actual = codec.EncodedFormat switch
        {
            SKEncodedImageFormat.Png => "image/png",
            SKEncodedImageFormat.Jpeg => "image/jpeg",
            SKEncodedImageFormat.Webp => "image/webp",
            _ => "another format",
        };
        if (actual != contentType)
            return Error.Invalid(Field, "field.media-type", $"must be {contentType} as Content-Type says, but is {actual}");
        return Width is < 1 or > MediaId.MaxSide || Height is < 1 or > MediaId.MaxSide || (long)Width * Height > maxMegapixels * 1_000_000L
            ? Error.Invalid(
                Field, "field.media-size",
                $"must be at most {MediaId.MaxSide} pixels wide and high, and at most {maxMegapixels} million pixels altogether")
            : null;
    }

    /// <summary>Returns the upright image in a size; null when it is not complete.</summary>
    private SKBitmap? Decode(int width, int height)
    {
        var (w, h) = IsTurned ? (height, width) : (width, height);
        SKBitmap scaled;
        using (var decoded = DecodeAtLeast(w))
        {
            if (decoded is null)
                return null;
            scaled = Scale(decoded, w, h);
        }
        using (scaled)
            return Turn(scaled, width, height);
    }

    /// <summary>Decodes the image at the smallest scale that the format offers and that is not narrower than a width.</summary>
    private SKBitmap? DecodeAtLeast(int width)
    {
        var size = codec.GetScaledDimensions((float)width / codec.Info.Width);
        if (size.Width < width)
            size = codec.Info.Size;
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Premul;
        using var srgb = SKColorSpace.CreateSrgb();
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, alpha, srgb);
        var bitmap = new SKBitmap();
        if (!bitmap.TryAllocPixels(info))
        {
            bitmap.Dispose();
            throw new UnavailableException(ErrorText.Of("error.media-busy", "Too many images are being processed."));
        }
        if (codec.GetPixels(info, bitmap.GetPixels()) == SKCodecResult.Success)
            return bitmap;
        bitmap.Dispose();
        return null;
    }

    /// <summary>
    /// Returns an image in another size. It has no colour profile, which would be written to the file: sRGB is understood.
    /// </summary>
    private static SKBitmap Scale(SKBitmap image, int width, int height)
    {
        var scaled = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, image.AlphaType));
        using var source = new SKPixmap(image.Info.WithColorSpace(null), image.GetPixels(), image.RowBytes);
        using var target = scaled.PeekPixels();
        return source.ScalePixels(target, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear))
            ? scaled
            : throw new InvalidOperationException("The image could not be scaled.");
    }

    /// <summary>Returns the image as the camera saw it (Exif, orientation 1–8).</summary>
    private SKBitmap Turn(SKBitmap image, int width, int height)
    {
        var upright = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, image.AlphaType));
        using var canvas = new SKCanvas(upright);
        canvas.Clear(SKColors.Transparent);
        canvas.SetMatrix(codec.EncodedOrigin switch
        {
            SKEncodedOrigin.TopRight => new SKMatrix(-1, 0, width, 0, 1, 0, 0, 0, 1),
            SKEncodedOrigin.BottomRight => new SKMatrix(-1, 0, width, 0, -1, height, 0, 0, 1),
            SKEncodedOrigin.BottomLeft => new SKMatrix(1, 0, 0, 0, -1, height, 0, 0, 1),
            SKEncodedOrigin.LeftTop => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
            SKEncodedOrigin.RightTop => new SKMatrix(0, -1, width, 1, 0, 0, 0, 0, 1),
            SKEncodedOrigin.RightBottom => new SKMatrix(0, -1, width, -1, 0, height, 0, 0, 1),
            SKEncodedOrigin.LeftBottom => new SKMatrix(0, 1, 0, -1, 0, height, 0, 0, 1),
            _ => SKMatrix.Identity,
        });
        canvas.DrawBitmap(image, 0, 0, new SKSamplingOptions(SKFilterMode.Nearest));
        canvas.Flush();
        return upright;
    }
}

/// <summary>A file of an image.</summary>
/// <param name="Width">The width in pixels.</param>
/// <param name="Content">The content, WebP.</param>
internal sealed record EncodedImage(int Width, byte[] Content);
