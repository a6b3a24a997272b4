using System.Buffers.Binary;
using System.Net.Http.Headers;
using System.Text;
using SkiaSharp;

namespace SoonShop.Tests.Media;

/// <summary>Makes images for tests.</summary>
internal static class Picture
{
    public const string PngType = "image/png";

    /// <summary>The colours of the corners: top left, top right, bottom left, bottom right.</summary>
    public static readonly SKColor[] Corners = [SKColors.Red, SKColors.Lime, SKColors.Blue, SKColors.White];

    /// <summary>An image with a colour in each quarter.</summary>
    public static byte[] Of(SKEncodedImageFormat format, int width, int height, SKColor? topLeft = null)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.Transparent);
            for (var i = 0; i < 4; i++)
            {
                using var paint = new SKPaint { Color = i == 0 ? topLeft ?? Corners[0] : Corners[i], BlendMode = SKBlendMode.Src };
                var (left, top) = (i % 2 == 0 ? 0 : width / 2, i < 2 ? 0 : height / 2);
                canvas.DrawRect(new SKRect(left, top, i % 2 == 0 ? width / 2 : width, i < 2 ? height / 2 : height), paint);
            }
        }
        using var data = bitmap.Encode(format, 95);
        return data.ToArray();
    }

    /// <summary>A PNG.</summary>
    public static byte[] Png(int width, int height) => Of(SKEncodedImageFormat.Png, width, height);

    /// <summary>A JPEG whose metadata (Exif) says how the camera was held, and has a text.</summary>
    public static byte[] JpegWithExif(int width, int height, ushort orientation, string text)
    {
        var plain = Of(SKEncodedImageFormat.Jpeg, width, height);
        var description = Encoding.ASCII.GetBytes($"{text}\0");
        var exif = new byte[6 + 8 + 2 + 24 + 4 + description.Length];
        Encoding.ASCII.GetBytes("Exif\0\0MM\0*").CopyTo(exif, 0);
        void Write16(int at, int value) => BinaryPrimitives.WriteUInt16BigEndian(exif.AsSpan(6 + at), (ushort)value);
        void Write32(int at, int value) => BinaryPrimitives.WriteInt32BigEndian(exif.AsSpan(6 + at), value);
        Write32(4, 8);
        Write16(8, 2);
        // ImageDescription: ASCII, behind the directory. Orientation: a short.
        foreach (var (at, tag, type, count, value) in ((int, int, int, int, int)[])
            [(10, 0x010E, 2, description.Length, 38), (22, 0x0112, 3, 1, orientation << 16)])
        {
            Write16(at, tag);
            Write16(at + 2, type);
            Write32(at + 4, count);
            Write32(at + 8, value);
        }
        description.CopyTo(exif, 6 + 38);
        byte[] length = [(byte)((exif.Length + 2) >> 8), (byte)(exif.Length + 2)];
        return [.. plain[..2], 0xFF, 0xE1, .. length, .. exif, .. plain[2..]];
    }

    /// <summary>A PNG with a text in its metadata, and something else behind its end.</summary>
    public static byte[] PngWithText(int width, int height, string text, string behind)
    {
        var plain = Png(width, height);
        // The header's chunk ends after 33 bytes.
        var comment = Chunk("tEXt", Encoding.ASCII.GetBytes($"Comment\0{text}"));
        return [.. plain[..33], .. comment, .. plain[33..], .. Encoding.ASCII.GetBytes(behind)];
    }

    /// <summary>A small PNG whose header says that it is large.</summary>
    public static byte[] PngBomb(int width, int height)
    {
        var plain = Png(4, 4);
        var header = plain[16..29];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        return [.. plain[..8], .. Chunk("IHDR", header), .. plain[33..]];
    }

    /// <summary>A body with an image.</summary>
    public static ByteArrayContent Content(byte[] image, string type = PngType)
    {
        var content = new ByteArrayContent(image);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    private static byte[] Chunk(string name, byte[] data)
    {
        byte[] content = [.. Encoding.ASCII.GetBytes(name), .. data];
        var crc = uint.MaxValue;
        foreach (var value in content)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }
        var (length, sum) = (new byte[4], new byte[4]);
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(sum, ~crc);
        return [.. length, .. content, .. sum];
    }
}
