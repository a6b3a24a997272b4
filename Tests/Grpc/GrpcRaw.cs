using Grpc.Core;

namespace SoonShop.Tests.Grpc;

/// <summary>Calls methods by name, with any bytes as the message.</summary>
internal static class GrpcRaw
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(b => b, b => b);

    /// <summary>Calls a method.</summary>
    /// <param name="clients">The front end.</param>
    /// <param name="method">The full name, such as <c>soonshop.v1.Orders.GetOrder</c>.</param>
    /// <param name="message">The message.</param>
    /// <param name="metadata">What goes with it.</param>
    /// <param name="deadline">When the caller gives up.</param>
    public static AsyncUnaryCall<byte[]> Call(
        GrpcClients clients, string method, byte[] message, Metadata metadata, DateTime? deadline = null)
    {
        var (service, name) = NamesOf(method);
        return clients.Invoker.AsyncUnaryCall(
            new Method<byte[], byte[]>(MethodType.Unary, service, name, Bytes, Bytes), null, new CallOptions(metadata, deadline), message);
    }

    /// <summary>Sends a body as it is, as the frames of one request; returns the gRPC status.</summary>
    public static async Task<StatusCode> SendAsync(
        HttpClient http, string method, byte[] body, Metadata metadata, CancellationToken cancellation,
        params (string Name, string Value)[] more)
    {
        var (service, called) = NamesOf(method);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/{service}/{called}")
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/grpc");
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        foreach (var (name, value) in metadata.Select(m => (Name: m.Key, m.Value)).Concat(more))
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request, cancellation);
        await response.Content.ReadAsByteArrayAsync(cancellation);
        Assert.Equal((200, "application/grpc"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var found = response.Headers.TryGetValues("grpc-status", out var early) ? early : response.TrailingHeaders.GetValues("grpc-status");
        return Enum.Parse<StatusCode>(found.Single());
    }

    /// <summary>A message with its five bytes of header.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0, int? length = null)
    {
        var size = length ?? message.Length;
        return [flag, (byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size, .. message];
    }

    private static (string Service, string Method) NamesOf(string fullName) =>
        (fullName[..fullName.LastIndexOf('.')], fullName[(fullName.LastIndexOf('.') + 1)..]);
}
