using System.IO.Compression;
using System.Xml.Linq;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Client;

/// <summary>The package of the client, and the sample that comes with its source.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class ClientPackageTests(RunningShop shop)
{
    private const string Version = "0.0.1-test";

    [Fact]
    public async Task the_package_works_in_a_program_outside_of_the_repository()
    {
        var folder = Directory.CreateTempSubdirectory("client-").FullName;
        try
        {
            // Built with the tests.
            await DotnetAsync(
                "pack", Path.Combine(Repository.Root, "Client"),
                "--no-build", "--configuration", Configuration, "--output", folder, $"-p:Version={Version}");
            using var package = ZipFile.OpenRead(Path.Combine(folder, $"SoonShop.Client.{Version}.nupkg"));
            var files = package.Entries.Select(e => e.FullName).ToArray();
            Assert.Contains("README.md", files);
            Assert.Equal(
                ["lib/net10.0/SoonShop.Client.dll", "lib/net10.0/SoonShop.Client.xml"],
                files.Where(f => f.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
            var description = XDocument.Load(package.GetEntry("SoonShop.Client.nuspec")!.Open()).Descendants().ToArray();
            Assert.Equal(
                ["Microsoft.Extensions.Http", "Polly.Core"],
                description.Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value)
                    .Order(StringComparer.Ordinal));
            Assert.Equal("MIT", description.Single(e => e.Name.LocalName == "license").Value);

            var sku = await shop.Admin.CreateProductAsync(price: 1250);
            await WriteProgramAsync(folder);
            await DotnetAsync("build", folder, "--configuration", "Release");
            var program = Path.Combine(folder, "bin", "Release", "net10.0", "Program.dll");
            Assert.Equal($"{sku} costs 1250 USD\n", await DotnetAsync(program, $"{shop.Api.Http.BaseAddress}", sku));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task the_sample_buys_and_handles_a_declined_card()
    {
        var sku = await shop.Admin.CreateProductAsync(price: 1250);
        var lines = (await DotnetAsync(Sample, $"{shop.Api.Http.BaseAddress}", sku)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal($"Found {sku}: Test product {sku}, 1250 minor units of USD", lines[0]);
        Assert.Matches("^Quote: [0-9]+ minor units of USD$", lines[1]);
        Assert.Matches($"^Order .+ is confirmed: {lines[1]["Quote: ".Length..]}$", lines[2]);
        Assert.Equal(lines[1], lines[3]);
        Assert.Matches("^Declined: [a-z_]+$", lines[4]);
        Assert.Matches("^Order .+ is confirmed: ", lines[5]);
        Assert.Equal(6, lines.Length);
        var stock = await shop.Admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((100, 2), (stock.Number("onHand"), stock.Number("reserved")));
    }

    [Fact]
    public void of_the_repository_the_sample_has_the_client_alone() =>
        Assert.Equal(
            ["SoonShop.Client", "SoonShop.Client.Sample"],
            Directory.EnumerateFiles(Path.GetDirectoryName(Sample)!, "SoonShop.*.dll").Select(f => Path.GetFileNameWithoutExtension(f)!)
                .Order(StringComparer.Ordinal));

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/')).Parent!.Name;

    private static string Sample => Path.Combine(
        Repository.Root, "Client", "sample", Path.GetRelativePath(Path.Combine(Repository.Root, "Tests"), AppContext.BaseDirectory),
        "SoonShop.Client.Sample.dll");

    private static async Task<string> DotnetAsync(params string[] arguments)
    {
        var (code, output, error) = await Repository.TryRunAsync("dotnet", arguments, [], within: TimeSpan.FromMinutes(10));
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)} ended with {code}: {output}\n{error}");
        return output;
    }

    private static async Task WriteProgramAsync(string folder)
    {
        // The dependencies may come from this machine's packages; the package itself must not stay among them.
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestorePackagesPath>packages</RestorePackagesPath>
                <RestoreFallbackFolders>$(NuGetPackageRoot)</RestoreFallbackFolders>
                <RestoreAdditionalProjectSources>{folder}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="SoonShop.Client" Version="{Version}" />
              </ItemGroup>
            </Project>
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), """
            using SoonShop.Client;

            using var shop = new SoonShopClient(new SoonShopClientOptions { Address = new Uri(args[0]) });
            var product = await shop.GetProductAsync(args[1]);
            Console.WriteLine($"{product.Sku} costs {product.Price.Amount} {product.Price.Currency}");
            """);
    }
}
