using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using SoonShop.ApiFrontend.Grpc.V1;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grpc;

/// <summary>Whatever is sent, the shop says what is wrong with it, and goes on.</summary>
[Collection(nameof(GrpcShop))]
public sealed class GrpcFuzzTests(GrpcShop shop)
{
    private const int RequestsPerMethod = 150;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Dictionary<string, string> complaints = [];

    [Fact]
    public async Task bad_values_in_any_field_are_refused_or_harmless()
    {
        var seed = Environment.GetEnvironmentVariable("SOONSHOP_FUZZ_SEED") is { Length: > 0 } given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        var random = new Random(seed);
        // No schema is asked for: the proto has the fields.
        var values = new FuzzValues(null!, new ConcurrentDictionary<string, string[]>(), random);
        var callers = await CallersAsync();
        var (sku, order) = await MakeOrderAsync(callers[1]);
        var answers = new Dictionary<StatusCode, int>();
        foreach (var expected in GrpcAccessTable.Methods)
        {
            for (var i = 0; i < RequestsPerMethod; i++)
            {
                var request = expected.Request(sku, order);
                for (var changes = random.Next(1, 4); changes > 0; changes--)
                    Spoil(request, values);
                var failure = await CallAsync(expected.Method, request.ToByteArray(), Metadata(values.Pick(callers), values));
                var code = failure?.Exception.StatusCode ?? StatusCode.OK;
                answers[code] = answers.GetValueOrDefault(code) + 1;
                if (code is StatusCode.Unknown or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DeadlineExceeded)
                    complaints.TryAdd($"{expected.Method}: {code}", $"{failure}: {request}");
                else if (failure is not null && GrpcExpect.Flaw(failure) is { } flaw)
                    complaints.TryAdd($"{expected.Method}: {flaw}", $"{failure}: {request}");
            }
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {seed}: {string.Join(", ", answers.OrderBy(a => a.Key).Select(a => $"{a.Key} × {a.Value}"))}");
        Assert.All(
            (StatusCode[])[StatusCode.OK, StatusCode.InvalidArgument], code => Assert.InRange(answers.GetValueOrDefault(code), 50, 10_000));
        await CheckAsync(seed);
    }

    [Fact]
    public async Task broken_frames_and_messages_are_refused()
    {
        var guest = await shop.Api.AsGuestAsync();
        var good = new SetItemRequest { Sku = "X", Quantity = 1 }.ToByteArray();
        (string What, StatusCode Wanted, byte[] Body, (string, string)[] Headers)[] cases =
        [
            ("nothing", StatusCode.InvalidArgument, [], []),
            ("half a header", StatusCode.InvalidArgument, [0, 0], []),
            ("less than announced", StatusCode.InvalidArgument, GrpcRaw.Frame(good, length: good.Length + 1), []),
            ("more than announced", StatusCode.InvalidArgument, [.. GrpcRaw.Frame(good), 1], []),
            ("two messages", StatusCode.InvalidArgument, [.. GrpcRaw.Frame(good), .. GrpcRaw.Frame(good)], []),
            ("a flag that is none", StatusCode.InvalidArgument, GrpcRaw.Frame(good, flag: 7), []),
            ("a negative length", StatusCode.InvalidArgument, GrpcRaw.Frame(good, length: -1), []),
            ("a huge length", StatusCode.ResourceExhausted, GrpcRaw.Frame(good, length: int.MaxValue), []),
            ("compressed without an encoding", StatusCode.InvalidArgument, GrpcRaw.Frame(good, flag: 1), []),
            ("compressed garbage", StatusCode.Unimplemented, GrpcRaw.Frame([1, 2, 3], flag: 1), [("grpc-encoding", "gzip")]),
            ("a bomb", StatusCode.Unimplemented, GrpcRaw.Frame(Bomb(), flag: 1), [("grpc-encoding", "gzip")]),
            ("an unknown encoding", StatusCode.Unimplemented, GrpcRaw.Frame(good, flag: 1), [("grpc-encoding", "nonsense")]),
            ("no protobuf", StatusCode.InvalidArgument, GrpcRaw.Frame("{\"sku\":\"X\"}"u8.ToArray()), []),
            ("a tag of zero", StatusCode.InvalidArgument, GrpcRaw.Frame([0]), []),
            ("an endless number", StatusCode.InvalidArgument, GrpcRaw.Frame([0x10, .. Enumerable.Repeat((byte)0xFF, 20)]), []),
            ("a text that is too short", StatusCode.InvalidArgument, GrpcRaw.Frame([0x0A, 0x7F, 0x41]), []),
            ("a group that does not end", StatusCode.InvalidArgument, GrpcRaw.Frame([0x0B]), []),
            ("nested groups", StatusCode.InvalidArgument, GrpcRaw.Frame([.. Enumerable.Repeat((byte)0x0B, 5000)]), []),
            ("unknown fields", StatusCode.NotFound, GrpcRaw.Frame([.. good, 0xFA, 0x7F, 1, 65, 0xC0, 0x3E, 1]), []),
            ("a time-out that is none", StatusCode.NotFound, GrpcRaw.Frame(good), [("grpc-timeout", "soon")]),
            ("a time-out without end", StatusCode.NotFound, GrpcRaw.Frame(good), [("grpc-timeout", "99999999H")]),
        ];
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{shop.Grpc.Port}"), Timeout = Patience };
        foreach (var (what, wanted, body, headers) in cases)
        {
            var code = await GrpcRaw.SendAsync(
                http, "soonshop.v1.Carts.SetItem", body, guest.Metadata(), TestContext.Current.CancellationToken, headers);
            if (code != wanted)
                complaints.Add(what, $"{code} instead of {wanted}");
        }
        await CheckAsync(0);
    }

    [Fact]
    public async Task random_bytes_are_never_the_shops_fault()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var guest = await shop.Api.AsGuestAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{shop.Grpc.Port}"), Timeout = Patience };
        for (var i = 0; i < 300; i++)
        {
            var expected = GrpcAccessTable.Methods[random.Next(GrpcAccessTable.Methods.Length)];
            var bytes = expected.Request("X", Guid.NewGuid().ToString()).ToByteArray();
            if (bytes.Length == 0 || random.Next(3) == 0)
                random.NextBytes(bytes = new byte[random.Next(64)]);
            for (var changes = random.Next(4); changes > 0 && bytes.Length > 0; changes--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var frame = GrpcRaw.Frame(bytes);
            if (random.Next(4) == 0)
                frame[random.Next(5)] = (byte)random.Next(256);
            var code = await GrpcRaw.SendAsync(
                http, expected.Method, frame, guest.Metadata($"random-{seed}-{i}"), TestContext.Current.CancellationToken);
            if (code is StatusCode.Unknown or StatusCode.Internal or StatusCode.Unavailable or StatusCode.DeadlineExceeded)
                complaints.TryAdd($"{expected.Method}: {code}", Convert.ToHexString(frame));
        }
        await CheckAsync(seed);
    }

    /// <summary>Puts a value that is hardly ever right into one field of a message or of a message within it.</summary>
    private static void Spoil(IMessage message, FuzzValues values)
    {
        var fields = message.Descriptor.Fields.InDeclarationOrder();
        if (fields.Count == 0)
            return;
        var field = values.Pick([.. fields]);
        if (field.IsRepeated)
        {
            var list = (System.Collections.IList)field.Accessor.GetValue(message);
            for (var count = values.Pick([1, 2, 30]); count > 0; count--)
                list.Add(Bad(field, values));
        }
        else if (values.Chance(0.15))
            field.Accessor.Clear(message);
        else if (field.FieldType == FieldType.Message && field.Accessor.GetValue(message) is IMessage inner)
            Spoil(inner, values);
        else
            field.Accessor.SetValue(message, Bad(field, values));
    }

    private static object Bad(FieldDescriptor field, FuzzValues values)
    {
        switch (field.FieldType)
        {
            case FieldType.String:
                return BadText(values);
            case FieldType.Int32:
                return values.Pick([0, 1, -1, 999, 1000, 101, int.MaxValue, int.MinValue]);
            case FieldType.Int64:
                return values.Pick([0, 1, -1, 1_000_000_000_000_000, 1_000_000_000_000_001, long.MaxValue, long.MinValue]);
            case FieldType.Bool:
                return values.Chance(0.5);
            case FieldType.Enum:
                return Enum.ToObject(field.EnumType.ClrType, values.Pick([0, 1, 5, 6, -1, int.MaxValue]));
            case FieldType.Message:
                var message = field.MessageType.Parser.ParseFrom([]);
                for (var i = 0; i < 2; i++)
                    Spoil(message, values);
                return message;
            default:
                throw new NotSupportedException($"{field.FullName} has a type that no request has had.");
        }
    }

    /// <summary>Text of the HTTP fuzzer: as it is, without its escapes, or as JSON reads it.</summary>
    private static string BadText(FuzzValues values)
    {
        var text = values.Pick<Func<string>>(
        [
            () => values.AnyBadText(),
            () => Uri.UnescapeDataString(values.AnyBadText()),
            () => values.AnyBadJson(),
            () => JsonNode.Parse(values.AnyBadJson()) is JsonValue value && value.TryGetValue<string>(out var inner) ? inner : "",
        ]);
        try
        {
            var made = text();
            // Half a character cannot be written; broken bytes are another test's.
            return made.Any(char.IsSurrogate) ? "💥" : made;
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return "\u0000";
        }
    }

    private static Metadata Metadata(ApiClient caller, FuzzValues values)
    {
        (string, string)[] more = values.Chance(0.2) ? [("accept-language", values.Pick(["zh-CN", ";;q", "*"]))] : [];
        return caller.Metadata(values.Chance(0.1) ? values.Pick(["", " ", new string('k', 256)]) : Guid.NewGuid().ToString(), more);
    }

    private async Task<ApiClient[]> CallersAsync() =>
        [shop.Api, await shop.Api.AsNewCustomerAsync(), await shop.Api.AsGuestAsync(), shop.Admin, shop.Api with { CartId = "nonsense" }];

    private async Task<(string Sku, string Order)> MakeOrderAsync(ApiClient customer)
    {
        var sku = await shop.Admin.CreateProductAsync();
        await customer.FillCartAsync(sku);
        var order = Expect.Status(201, await customer.OrderAsync()).Text("id");
        await customer.FillCartAsync(sku);
        return (sku, order);
    }

    private Task<Failure?> CallAsync(string method, byte[] message, Metadata metadata) =>
        GrpcExpect.TryAsync(() => GrpcRaw.Call(shop.Grpc, method, message, metadata, DateTime.UtcNow + Patience));

    private async Task CheckAsync(int seed)
    {
        var texts = complaints.Select(c => $"- {c.Key}: {c.Value[..Math.Min(1000, c.Value.Length)]}");
        Assert.True(complaints.Count == 0, $"Seed {seed}: {string.Join('\n', texts)}");
        await shop.Grpc.Carts.CreateCartAsync(new CreateCartRequest());
    }

    private static byte[] Bomb()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            gzip.Write(new byte[20_000_000]);
        return packed.ToArray();
    }
}
