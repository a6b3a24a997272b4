using Google.Protobuf.Reflection;
using SoonShop.ApiFrontend.Grpc.V1;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grpc;

/// <summary>Guards that clients of an older version can be served: methods, fields and values of the proto are only added.</summary>
public sealed class GrpcContractTests
{
    /// <summary>Set it to anything to have what is new written into the file.</summary>
    private const string Renew = "SOONSHOP_RENEW_CONTRACT";

    private static readonly string KeptIn = Path.Combine(Repository.Root, "Tests", "Grpc", "contract.txt");

    [Fact]
    public async Task what_clients_know_is_only_added_to()
    {
        var now = Lines().Order(StringComparer.Ordinal).ToArray();
        var kept = File.Exists(KeptIn) ? await File.ReadAllLinesAsync(KeptIn, TestContext.Current.CancellationToken) : [];
        var gone = kept.Except(now).ToArray();
        Assert.True(gone.Length == 0, $"""
            {gone.Length} line(s) of {KeptIn} are no more, so clients of the last version would misread the shop.
            Keep the method, field or value; for a change that cannot be added, make the package soonshop.v2:
            {string.Join('\n', gone)}
            """);
        if (Environment.GetEnvironmentVariable(Renew) is { Length: > 0 })
            await File.WriteAllLinesAsync(KeptIn, now, TestContext.Current.CancellationToken);
        else
            Assert.True(
                now.Length == kept.Length, $"New for clients. Run this test once with {Renew}=1:\n{string.Join('\n', now.Except(kept))}");
    }

    [Fact]
    public void enumerations_have_a_value_for_what_is_not_known() => Assert.All(
        SoonshopReflection.Descriptor.EnumTypes,
        e => Assert.EndsWith("_UNSPECIFIED", e.FindValueByNumber(0).Name, StringComparison.Ordinal));

    [Fact]
    public async Task everything_has_a_comment()
    {
        var lines = await File.ReadAllLinesAsync(
            Path.Combine(Repository.Root, "ApiFrontend", "Grpc", "soonshop.proto"), TestContext.Current.CancellationToken);
        Assert.Equal([], lines.Index().Where(l => IsDeclaration(l.Item) && !IsComment(lines[l.Index - 1])).Select(l => l.Item));
    }

    private static bool IsComment(string line) => line.TrimStart().StartsWith("//", StringComparison.Ordinal);

    private static bool IsDeclaration(string line) =>
        line.TrimStart() is { Length: > 0 } text && !IsComment(line) && !text.StartsWith('}')
        && !text.StartsWith("syntax", StringComparison.Ordinal) && !text.StartsWith("package", StringComparison.Ordinal)
        && !text.StartsWith("import", StringComparison.Ordinal) && !text.StartsWith("option ", StringComparison.Ordinal);

    private static IEnumerable<string> Lines()
    {
        var file = SoonshopReflection.Descriptor;
        foreach (var method in file.Services.SelectMany(s => s.Methods))
            yield return $"rpc {method.FullName}({method.InputType.FullName}) returns ({method.OutputType.FullName})";
        foreach (var field in file.MessageTypes.SelectMany(m => m.Fields.InDeclarationOrder()))
            yield return $"field {field.FullName} = {field.FieldNumber}: {TypeOf(field)}";
        foreach (var value in file.EnumTypes.SelectMany(e => e.Values))
            yield return $"enum {value.FullName} = {value.Number}";
    }

    private static string TypeOf(FieldDescriptor field)
    {
        var type = field.FieldType switch
        {
            FieldType.Message => field.MessageType.FullName,
            FieldType.Enum => field.EnumType.FullName,
            _ => field.FieldType.ToString().ToLowerInvariant(),
        };
        return field.IsMap ? "map" : field.IsRepeated ? $"repeated {type}" : field.HasPresence ? $"optional {type}" : type;
    }
}
