using System.Security.Cryptography;
using System.Text;
using SkiaSharp;
using SoonShop.ApiFrontend.Media;
using SoonShop.Media;

namespace SoonShop.Tests.Media;

/// <summary>What is made of real images.</summary>
public sealed class UploadedImageTests
{
    private const int MaxMegapixels = 50;

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, "image/png")]
    [InlineData(SKEncodedImageFormat.Jpeg, "image/jpeg")]
    [InlineData(SKEncodedImageFormat.Webp, "image/webp")]
    public void an_image_is_encoded_in_its_widths(SKEncodedImageFormat format, string type)
    {
        var (id, files) = Encode(Picture.Of(format, 1000, 500), type);
        Assert.Equal([1000, 960, 480, 160], files.Select(f => f.Width));
        foreach (var file in files)
        {
            using var bitmap = SKBitmap.Decode(file.Content);
            Assert.Equal((file.Width, id.HeightOf(file.Width)), (bitmap.Width, bitmap.Height));
            Assert.Equal([.. Picture.Corners.Select(c => $"{c}")], CornersOf(bitmap));
        }
    }

    [Theory]
    [InlineData(1, "0123")]
    [InlineData(2, "1032")]
    [InlineData(3, "3210")]
    [InlineData(4, "2301")]
    [InlineData(5, "0213")]
    [InlineData(6, "2031")]
    [InlineData(7, "3120")]
    [InlineData(8, "1302")]
    public void a_photo_is_turned_as_its_camera_was_held(ushort orientation, string corners)
    {
        var (id, files) = Encode(Picture.JpegWithExif(400, 200, orientation, "where I live"), "image/jpeg");
        Assert.Equal(orientation < 5 ? (400, 200) : (200, 400), (id.Width, id.Height));
        foreach (var file in files)
        {
            using var bitmap = SKBitmap.Decode(file.Content);
            Assert.Equal((file.Width, id.HeightOf(file.Width)), (bitmap.Width, bitmap.Height));
            Assert.Equal([.. corners.Select(c => $"{Picture.Corners[c - '0']}")], CornersOf(bitmap));
        }
        AssertNothingBesidesPixels(files, "where I live");
    }

    [Fact]
    public void transparency_is_kept()
    {
        var (_, files) = Encode(Picture.Of(SKEncodedImageFormat.Png, 300, 200, SKColors.Transparent), "image/png");
        foreach (var file in files)
        {
            using var bitmap = SKBitmap.Decode(file.Content);
            Assert.Equal(0, bitmap.GetPixel(bitmap.Width / 4, bitmap.Height / 4).Alpha);
            Assert.Equal(255, bitmap.GetPixel(bitmap.Width * 3 / 4, bitmap.Height / 4).Alpha);
        }
    }

    [Fact]
    public void nothing_but_pixels_survives()
    {
        var (_, files) = Encode(Picture.PngWithText(200, 100, "made by Ada", "<script>alert(1)</script>"), "image/png");
        AssertNothingBesidesPixels(files, "made by Ada");
        AssertNothingBesidesPixels(files, "<script>");
    }

    [Fact]
    public void the_same_image_becomes_the_same_files()
    {
        var image = Picture.Png(700, 300);
        var (first, again) = (Encode(image, "image/png"), Encode(image, "image/png"));
        Assert.Equal(first.Id, again.Id);
        Assert.Equal(first.Files.Select(f => Convert.ToHexString(f.Content)), again.Files.Select(f => Convert.ToHexString(f.Content)));
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("image/jpeg")]
    [InlineData("image/webp")]
    public void a_truncated_image_is_refused(string type)
    {
        var image = Picture.Of(Enum.Parse<SKEncodedImageFormat>(type[6..], ignoreCase: true), 600, 600);
        foreach (var share in (double[])[0, 0.001, 0.01, 0.5, 0.9])
        {
            var part = image[..(int)(image.Length * share)];
            var opened = UploadedImage.Open(part, type, MaxMegapixels);
            if (!opened.IsError)
            {
                using var uploaded = opened.Value;
                var encoded = uploaded.Encode(IdOf(part, uploaded), CancellationToken.None);
                Assert.Equal("field.media-broken", FaultOf(encoded.Error));
                continue;
            }
            Assert.Equal("field.media-broken", FaultOf(opened.Error));
        }
    }

    [Fact]
    public void an_image_must_be_what_it_says()
    {
        var png = Picture.Png(10, 10);
        Assert.Equal("field.media-type", FaultOf(UploadedImage.Open(png, "image/jpeg", MaxMegapixels).Error));
        Assert.Equal("field.media-type", FaultOf(UploadedImage.Open(
            "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"
                .Select(c => (byte)c).ToArray(), "image/png", MaxMegapixels).Error));
        Assert.Equal("field.media-broken", FaultOf(UploadedImage.Open("<svg/>"u8, "image/png", MaxMegapixels).Error));
        Assert.Equal("field.media-broken", FaultOf(UploadedImage.Open(
            Enumerable.Range(0, 5000).Select(i => (byte)(i * 37)).ToArray(), "image/webp", MaxMegapixels).Error));
    }

    [Theory]
    [InlineData(12_001, 1)]
    [InlineData(1, 12_001)]
    [InlineData(11_000, 11_000)]
    [InlineData(60_000, 60_000)]
    public void too_many_pixels_are_refused_by_the_header(int width, int height)
    {
        var image = Picture.PngBomb(width, height);
        Assert.Equal("field.media-size", FaultOf(UploadedImage.Open(image, "image/png", MaxMegapixels).Error));
        // Nor does it take the pixels to see that: they may be missing.
        var header = image[..(image.AsSpan().IndexOf("IDAT"u8) + 4)];
        Assert.Equal("field.media-size", FaultOf(UploadedImage.Open(header, "image/png", MaxMegapixels).Error));
    }

    private static (MediaId Id, ImmutableArray<EncodedImage> Files) Encode(byte[] content, string type)
    {
        var opened = UploadedImage.Open(content, type, MaxMegapixels);
        Assert.False(opened.IsError, opened.Error?.ToString());
        using var image = opened.Value!;
        var id = IdOf(content, image);
        var encoded = image.Encode(id, TestContext.Current.CancellationToken);
        Assert.False(encoded.IsError, encoded.Error?.ToString());
        return (id, encoded.Value);
    }

    private static MediaId IdOf(byte[] content, UploadedImage image) => MediaId.Of(SHA256.HashData(content), image.Width, image.Height);

    private static string? FaultOf(Error? error) => error?.FieldErrors.Single(f => f.Field == "body").Texts.Single().Key;

    /// <summary>The colours in the middle of the quarters, as the nearest of those of the corners.</summary>
    private static string[] CornersOf(SKBitmap bitmap) =>
    [
        .. from place in ((int X, int Y)[])[(1, 1), (3, 1), (1, 3), (3, 3)]
           let pixel = bitmap.GetPixel(bitmap.Width * place.X / 4, bitmap.Height * place.Y / 4)
           select $"{Picture.Corners.MinBy(
               c => Math.Abs(c.Red - pixel.Red) + Math.Abs(c.Green - pixel.Green) + Math.Abs(c.Blue - pixel.Blue))}",
    ];

    /// <summary>A WebP file is a RIFF container; only the chunks with pixels are there.</summary>
    private static void AssertNothingBesidesPixels(ImmutableArray<EncodedImage> files, string text)
    {
        foreach (var file in files)
        {
            Assert.Equal("RIFF", Encoding.ASCII.GetString(file.Content, 0, 4));
            Assert.Equal(file.Content.Length, BitConverter.ToInt32(file.Content, 4) + 8);
            for (var at = 12; at < file.Content.Length; at += 8 + ((BitConverter.ToInt32(file.Content, at + 4) + 1) & ~1))
                Assert.Contains(Encoding.ASCII.GetString(file.Content, at, 4), (string[])["VP8 ", "VP8L", "VP8X", "ALPH"]);
            Assert.DoesNotContain(text, Encoding.Latin1.GetString(file.Content), StringComparison.Ordinal);
        }
    }
}
