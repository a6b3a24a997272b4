using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// What developers do with the OpenAPI document: NSwag makes a client of the one that is served, the compiler compiles it together with
/// <c>GeneratedClientBuyer.cs</c>, and that buys something.
/// </summary>
[Collection(nameof(SecondRunningShop))]
public sealed class GeneratedClientTests(RunningShop shop)
{
    [Fact]
    public async Task a_client_made_of_the_document_compiles_and_buys_something()
    {
        var buyer = await CompileAsync();
        var sku = await shop.Admin.CreateProductAsync(stock: 3);
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        var numbers = await (Task<string[]>)buyer.GetMethod("BuyAsync")!.Invoke(null, [http, sku, Make.Email()])!;
        Assert.NotEmpty(numbers[0]);
        Assert.All(numbers, n => Assert.Equal(numbers[0], n));
        var stock = await shop.Admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((3, 2), (stock.Number("onHand"), stock.Number("reserved")));
        Assert.Equal("NotFound", await (Task<string>)buyer.GetMethod("FailAsync")!.Invoke(null, [http])!);
    }

    private async Task<Type> CompileAsync()
    {
        var folder = Directory.CreateTempSubdirectory("client-").FullName;
        try
        {
            var (document, client) = (Path.Combine(folder, "v1.json"), Path.Combine(folder, "Client.cs"));
            await File.WriteAllTextAsync(
                document, Expect.Status(200, await shop.Api.GetAsync("//openapi/v1.json")).Body, TestContext.Current.CancellationToken);
            await Repository.RunAsync(
                "dotnet", Generator, "openapi2csclient", $"/input:{document}", $"/output:{client}", "/namespace:Generated",
                "/ClassName:ShopClient", "/JsonLibrary:NewtonsoftJson", "/OperationGenerationMode:SingleClientFromOperationId",
                "/GenerateNullableReferenceTypes:true", "/GenerateOptionalPropertiesAsNullable:true", "/GenerateOptionalParameters:true");
            return Compile(await File.ReadAllTextAsync(client, TestContext.Current.CancellationToken), BuyerSource());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Type Compile(params string[] sources)
    {
        var compilation = CSharpCompilation.Create(
            "GeneratedClient",
            sources.Select(s => CSharpSyntaxTree.ParseText(s, cancellationToken: TestContext.Current.CancellationToken)),
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path =>
                MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(20)));
        assembly.Position = 0;
        return new AssemblyLoadContext("GeneratedClient").LoadFromStream(assembly).GetType("Buyer", throwOnError: true)!;
    }

    /// <summary>The tool of the package NSwag.MSBuild; see the project file.</summary>
    private static string Generator =>
        typeof(GeneratedClientTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "NSwag").Value!;

    private static string BuyerSource()
    {
        using var source = new StreamReader(typeof(GeneratedClientTests).Assembly.GetManifestResourceStream("GeneratedClientBuyer.cs")!);
        return source.ReadToEnd();
    }
}
