using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Media;

/// <summary>
/// A server with the interface of Amazon S3 for one bucket, with the path style. It verifies each signature (AWS Signature Version 4) by
/// computing it, and the digest of each body.
/// </summary>
public sealed class S3Server : IAsyncLifetime
{
    public const string Bucket = "pictures";
    public const string AccessKey = "AKIATEST";
    public const string SecretKey = "secret/of+tests";
    public const string Region = "eu-test-1";

    private WebApplication? app;

    /// <summary>The objects by their keys.</summary>
    public ConcurrentDictionary<string, (byte[] Content, string? Type, string? CacheControl)> Objects { get; } = [];

    /// <summary>Requests that are still to be answered with 503.</summary>
    public int Failures { get; set; }

    /// <summary>How long each answer takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The number of requests so far.</summary>
    public int Requests { get; private set; }

    public string Url { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        (app, Url) = LocalServer.Create();
        app.Run(AnswerAsync);
        await app.StartAsync();
    }

    public ValueTask DisposeAsync() => app?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task AnswerAsync(HttpContext context)
    {
        Requests++;
        await Task.Delay(Delay, context.RequestAborted);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (Failures > 0)
        {
            Failures--;
            await RefuseAsync(context, 503, "SlowDown");
            return;
        }
        if (Fault(context.Request, body.ToArray()) is { } fault)
        {
            await RefuseAsync(context, 403, fault);
            return;
        }
        var path = context.Request.Path.Value!.Split('/', 3);
        if (path[1] != Bucket)
        {
            await RefuseAsync(context, 404, "NoSuchBucket");
            return;
        }
        var key = path[2];
        switch (context.Request.Method)
        {
            case "PUT":
                Objects[key] = (body.ToArray(), context.Request.ContentType, context.Request.Headers.CacheControl);
#pragma warning disable CA5351 // The ETag of S3 is an MD5 digest.
                context.Response.Headers.ETag = $"\"{Convert.ToHexStringLower(MD5.HashData(body.ToArray()))}\"";
#pragma warning restore CA5351
                break;
            case "DELETE":
                Objects.TryRemove(key, out _);
                context.Response.StatusCode = 204;
                break;
            case "GET" or "HEAD" when Objects.TryGetValue(key, out var found):
                context.Response.ContentType = found.Type;
                context.Response.ContentLength = found.Content.Length;
                if (context.Request.Method == "GET")
                    await context.Response.Body.WriteAsync(found.Content);
                break;
            default:
                await RefuseAsync(context, 404, "NoSuchKey");
                break;
        }
    }

    private static async Task RefuseAsync(HttpContext context, int status, string code)
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, "application/xml");
        if (context.Request.Method != "HEAD")
            await context.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>");
    }

    /// <summary>What is wrong with a request's signature; null when it is right.</summary>
    private static string? Fault(HttpRequest request, byte[] body)
    {
        var parts = request.Headers.Authorization.ToString().Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        if (parts is not ["AWS4-HMAC-SHA256", var credential, var signed, var signature])
            return "AccessDenied";
        if (ValueOf(credential).Split('/') is not [AccessKey, var day, Region, "s3", "aws4_request"])
            return "InvalidAccessKeyId";
        var payload = request.Headers["X-Amz-Content-SHA256"].ToString();
        if (payload != Convert.ToHexStringLower(SHA256.HashData(body)))
            return "XAmzContentSHA256Mismatch";
        var names = ValueOf(signed).Split(';');
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?');
        var canonical = string.Join('\n', [
            request.Method, target[0], string.Join('&', (target.ElementAtOrDefault(1) ?? "").Split('&').Order(StringComparer.Ordinal)),
            .. names.Select(name => $"{name}:{request.Headers[name].ToString().Trim()}"), "", string.Join(';', names), payload]);
        var scope = $"{day}/{Region}/s3/aws4_request";
        var text = $"AWS4-HMAC-SHA256\n{request.Headers["X-Amz-Date"]}\n{scope}\n"
            + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)));
        var key = scope.Split('/').Aggregate(
            Encoding.UTF8.GetBytes($"AWS4{SecretKey}"), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        return ValueOf(signature) == Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))
            && names.Contains("host") && names.Contains("x-amz-date") ? null : "SignatureDoesNotMatch";
    }

    private static string ValueOf(string part) => part[(part.IndexOf('=') + 1)..];
}
